#!/bin/sh
# safetensors 0.8.0 (NumPy): save_file writes arrays that are not C-contiguous scrambled.
#
# Expected: the array that was saved, or an error, as with PyTorch tensors that are not contiguous.
# Seen: the bytes are written in the order of memory under the shape of the array, in silence: a transposed or
# Fortran-ordered matrix comes back with its elements in other places. 0.7.0 wrote it right. scikit-learn's
# coefs_ and intercepts of some estimators are such views.
#
#     0.7.0: saved [[0, 1, 2], [3, 4, 5]], loaded [[0, 1, 2], [3, 4, 5]]
#     0.8.0: saved [[0, 1, 2], [3, 4, 5]], loaded [[0, 3, 1], [4, 2, 5]]
status=0
for version in 0.7.0 0.8.0; do
    folder=$(mktemp -d) || exit 2
trap 'rm -rf "$folder"' EXIT
"$(dirname "$0")/with-packages" "$folder" safetensors==$version numpy <<'END' || status=$?
import numpy as np
import safetensors
from safetensors.numpy import load_file, save_file

saved = np.asfortranarray(np.arange(6.0).reshape(2, 3))
save_file({"w": saved}, "file")
loaded = load_file("file")["w"]
shown = [values.astype(int).tolist() for values in (saved, loaded)]
print(f"{safetensors.__version__}: saved {shown[0]}, loaded {shown[1]}")
assert np.array_equal(saved, loaded) == (safetensors.__version__ == "0.7.0")
END
    [ $status -eq 0 ] || exit $status
done
