#!/bin/sh
# pytorch_optimizer 4.1.0, torch 2.13.0: seven optimizers ignore weight_decay with weight_decouple=False.
#
# Expected: weight_decouple=False is L2 regularization, d w added to the gradient. The documentation of each says of
# weight_decouple: "Apply weight decay to parameters instead of adding it to the gradient."
# Seen: AdamP, AdamWSN, Grams, LaProp, SGDP, SGDSaI and TAM train to the bit as with weight_decay=0: they add the
# decay to the gradient after it has been used. Others of the package add it before.
#
#     difference that weight_decay=0.1 makes to the weights after 5 steps, decoupled and not:
#     AdaBelief 0.0108 0.0070
#     DiffGrad  0.0108 0.0054
#     ...
#     AdamP     0.0108 0.0000
#     AdamWSN   0.0108 0.0000
#     ...
folder=$(mktemp -d) || exit 2
trap 'rm -rf "$folder"' EXIT
"$(dirname "$0")/with-packages" "$folder" pytorch_optimizer==4.1.0 torch==2.13.0 numpy <<'END'
import pytorch_optimizer
import torch

IGNORE = ("AdamP", "AdamWSN", "Grams", "LaProp", "SGDP", "SGDSaI", "TAM")
COUPLE = ("AdaBelief", "DiffGrad", "Lion", "QHAdam", "SGDW", "Yogi")


def trained(name, **options):
    torch.manual_seed(0)
    weights = torch.nn.Parameter(torch.randn(4, 3, dtype=torch.float64))
    optimizer = getattr(pytorch_optimizer, name)([weights], lr=0.01, **options)
    for _ in range(5):
        weights.grad = torch.randn(4, 3, dtype=torch.float64)
        optimizer.step()
    return weights.detach()


print("difference that weight_decay=0.1 makes to the weights after 5 steps, decoupled and not:")
for name in COUPLE + IGNORE:
    decoupled, coupled = (
        (trained(name, weight_decay=0.1, weight_decouple=kind) - trained(name, weight_decay=0.0, weight_decouple=kind))
        .abs().max().item()
        for kind in (True, False)
    )
    print(f"{name:9} {decoupled:.4f} {coupled:.4f}")
    assert decoupled > 1e-4 and (coupled == 0) == (name in IGNORE)
END
