#!/bin/sh
# opacus 1.6.0, torch 2.13.0: a penalty in the loss has no effect on private training.
#
# Expected: loss.backward() of loss + c |W|^2 trains with the penalty, as without opacus.
# Seen: the gradients of examples come from what passes through the layers; a term of the loss that uses the weights
# themselves (L2, L1, the distance to other weights as in FedProx) is dropped, in every grad_sample_mode, without an
# error or a warning: the weights are those without a penalty. weight_decay of the optimizer works.
#
#     |W| after 20 updates on 32 examples, without noise, without clipping:
#                       torch   opacus
#     no penalty       1.9437   1.9437
#     0.5 |W|^2        1.1677   1.9437
#     weight_decay=1   1.1673   1.1673
folder=$(mktemp -d) || exit 2
trap 'rm -rf "$folder"' EXIT
"$(dirname "$0")/with-packages" "$folder" opacus==1.6.0 torch==2.13.0 <<'END'
import warnings

import torch
from opacus import PrivacyEngine
from torch.utils.data import DataLoader, TensorDataset

warnings.simplefilter("ignore")  # the random numbers are not secure: none are drawn here


def norm(penalty=0.0, weight_decay=0.0, mode=None):
    torch.manual_seed(0)
    X = torch.randn(32, 4)
    y = X @ torch.randn(4, 1)
    net = torch.nn.Sequential(torch.nn.Linear(4, 1))
    weight = net[0].weight
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1, weight_decay=weight_decay)
    batches = DataLoader(TensorDataset(X, y), batch_size=32)
    if mode:
        net, optimizer, batches = PrivacyEngine().make_private(
            module=net, optimizer=optimizer, data_loader=batches, noise_multiplier=0.0, max_grad_norm=1e6,
            poisson_sampling=False, grad_sample_mode=mode,
        )
    for _ in range(20):
        for inputs, targets in batches:
            optimizer.zero_grad()
            loss = torch.nn.functional.mse_loss(net(inputs), targets) + penalty * (weight**2).sum()
            loss.backward()
            optimizer.step()
    return weight.norm().item()


print("|W| after 20 updates on 32 examples, without noise, without clipping:")
print(f"{'':14} {'torch':>8} {'opacus':>8}")


def both(title, **options):
    values = norm(**options), norm(mode="hooks", **options)
    print(f"{title:14} {values[0]:8.4f} {values[1]:8.4f}")
    return values


plain, private = both("no penalty")
penalized, ignored = both("0.5 |W|^2", penalty=0.5)
decayed, private_decayed = both("weight_decay=1", weight_decay=1.0)
assert abs(plain - private) < 1e-4 and abs(decayed - private_decayed) < 1e-4
assert plain - penalized > 0.5 and abs(ignored - private) < 1e-6
for mode in ("functorch", "ew"):
    assert abs(norm(penalty=0.5, mode=mode) - private) < 1e-4
END
