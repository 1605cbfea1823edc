#!/bin/sh
# Keras 3.15.1 (on PyTorch and JAX): with gradient_accumulation_steps, schedules and averages count batches.
#
# Expected: a batch in k parts with gradient_accumulation_steps=k trains as the batch at once. It does for each
# optimizer, with clipping and weight decay: "variables will not be updated at every step", and Adam's bias
# correction counts updates.
# Seen: a schedule of the learning rate counts the parts: it runs k times as fast. use_ema averages after each part,
# so that ema_momentum becomes its k-th power, and ema_overwrite_frequency=f overwrites the weights k times around each
# f-th update, before and after it.
#
#     largest difference that 4 equal parts make to the weights after 6 updates (torch, jax):
#     SGD, momentum                     0.0000 0.0000
#     AdamW, clipping                   0.0000 0.0000
#     SGD, ExponentialDecay             0.0616 0.0616
#     SGD, ema_overwrite_frequency=3    0.0250 0.0250
#     SGD, use_ema: of the averages     0.0389 0.0389
folder=$(mktemp -d) || exit 2
trap 'rm -rf "$folder"' EXIT
"$(dirname "$0")/with-packages" "$folder" keras==3.15.1 torch==2.13.0 jax==0.10.2 numpy <<'END'
import os
import subprocess
import sys

import numpy as np

if len(sys.argv) == 1:
    columns = []
    for backend in ("torch", "jax"):
        done = subprocess.run(
            [sys.executable, __file__, "differences"], env={**os.environ, "KERAS_BACKEND": backend},
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=True,
        )
        columns.append([line.rsplit(maxsplit=1) for line in done.stdout.splitlines()])
    print("largest difference that 4 equal parts make to the weights after 6 updates (torch, jax):")
    for (title, first), (_, second) in zip(*columns):
        print(f"{title:33} {float(first):.4f} {float(second):.4f}")
        same = title in ("SGD, momentum", "AdamW, clipping")
        for value in (float(first), float(second)):
            assert value < 1e-6 if same else value > 0.01
    raise SystemExit

import keras
from keras.optimizers import SGD, AdamW


def trained(optimizer, parts):
    variable = keras.Variable(np.array([1, -2, 3], np.float32))
    optimizer.build([variable])
    rng = np.random.default_rng(0)
    for _ in range(6):
        gradient = keras.ops.convert_to_tensor(rng.normal(size=3).astype(np.float32))
        for _ in range(parts):
            optimizer.apply([gradient], [variable])
    averages = optimizer._model_variables_moving_average if optimizer.use_ema else [variable]
    return [keras.ops.convert_to_numpy(value) for value in (variable, averages[0])]


def difference(title, which, make):
    at_once, in_parts = trained(make(), 1), trained(make(gradient_accumulation_steps=4), 4)
    print(title, np.abs(at_once[which] - in_parts[which]).max())


def averaged(**options):
    return SGD(0.1, use_ema=True, ema_momentum=0.9, **options)


halved = keras.optimizers.schedules.ExponentialDecay(0.1, decay_steps=2, decay_rate=0.5, staircase=True)
difference("SGD, momentum", 0, lambda **k: SGD(0.1, momentum=0.9, **k))
difference("AdamW, clipping", 0, lambda **k: AdamW(0.1, weight_decay=0.1, global_clipnorm=1.0, **k))
difference("SGD, ExponentialDecay", 0, lambda **k: SGD(halved, **k))
difference("SGD, ema_overwrite_frequency=3", 0, lambda **k: averaged(ema_overwrite_frequency=3, **k))
difference("SGD, use_ema: of the averages", 1, averaged)
END
