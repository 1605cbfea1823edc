"""mcu_points.py: the course notebook's training points as a C header, for examples/mcu/regularization.c.

Prints those of datasets/data.mat if it is there, otherwise those of the generated stand-in.
"""

from __future__ import annotations

import contextlib
import sys

import numpy as np

from swiftreg.notebook import load_2D_dataset


def literal(x: float) -> str:
    return float(np.float32(x)).hex() + "f"


def main() -> None:
    with contextlib.redirect_stdout(sys.stderr):
        x, y, _, _ = load_2D_dataset(is_plot=False)
    print("/* Made by scripts/mcu_points.py. */")
    print(f"enum {{ POINTS = {x.shape[1]} }};")
    rows = ",\n    ".join("{" + ", ".join(literal(value) for value in column) + "}" for column in x.T)
    print(f"static const float points[POINTS][2] = {{\n    {rows}}};")
    print(f"static const float labels[POINTS] = {{{', '.join(str(int(value)) for value in y[0])}}};")


if __name__ == "__main__":
    main()
