"""What both peers need. Keras is asked for before it is imported: on PyTorch, which is here anyway."""

import os

import torch

os.environ["KERAS_BACKEND"] = "torch"
torch.set_num_threads(1)  # its threads would spin on work as small as this
