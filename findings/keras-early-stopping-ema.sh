#!/bin/sh
# keras 3.15.1 (JAX 0.10.2): EarlyStopping(restore_best_weights=True) undoes an optimizer's use_ema=True.
#
# Expected: training with use_ema=True ends with the moving averages of the weights. The optimizers' documentation
# says of fit(): "this happens automatically after the last epoch, and you don't need to do anything."
# Seen: fit() puts the averages in place, and only then calls the end of training of its callbacks, where EarlyStopping
# restores the weights of its best epoch. Those were not averaged, and neither was the loss that it compares. The
# result is that of training without use_ema, to the bit, whether or not training stopped early.
#
#     EarlyStopping                2 epochs [ 0.9456 -1.2365 -0.303 ]
#     use_ema=True                 2 epochs [ 0.5031  0.2432 -0.9618]
#     use_ema=True, EarlyStopping  2 epochs [ 0.9456 -1.2365 -0.303 ]
#     EarlyStopping                7 epochs [ 1.0505 -1.9413  0.0032]
#     use_ema=True                40 epochs [ 1.0128 -2.1305  0.0722]
#     use_ema=True, EarlyStopping  7 epochs [ 1.0505 -1.9413  0.0032]
folder=$(mktemp -d) || exit 2
trap 'rm -rf "$folder"' EXIT
KERAS_BACKEND=jax "$(dirname "$0")/with-packages" "$folder" keras==3.15.1 jax==0.10.2 numpy <<'END'
import keras
import numpy as np

rng = np.random.default_rng(0)
X = rng.normal(size=(64, 3)).astype(np.float32)
y = (X @ [1, -2, 0.5] + rng.normal(size=64)).astype(np.float32)


def trained(title, epochs, *callbacks, **options):
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(0.05, **options), "mse")
    history = model.fit(
        X[:48], y[:48], validation_data=(X[48:], y[48:]), epochs=epochs, batch_size=8, shuffle=False, verbose=0,
        callbacks=list(callbacks))
    weights = model.get_weights()[0].ravel()
    print(f"{title:27} {len(history.epoch):2} epochs {weights.round(4)}")
    return weights, len(history.epoch)


def stopping(patience):
    return keras.callbacks.EarlyStopping(patience=patience, restore_best_weights=True)


for epochs, patience in ((2, 3), (40, 3)):
    plain, _ = trained("EarlyStopping", epochs, stopping(patience))
    averaged, _ = trained("use_ema=True", epochs, use_ema=True)
    both, ran = trained("use_ema=True, EarlyStopping", epochs, stopping(patience), use_ema=True)
    assert (both == plain).all() and np.abs(both - averaged).max() > 0.05 and (ran < epochs) == (epochs == 40)
END
