"""Keras is asked for before it is imported: on PyTorch, which is here anyway."""

import os

os.environ["KERAS_BACKEND"] = "torch"
