#!/bin/sh
# bitsandbytes 0.50.2, torch 2.13.0 (CPU): Adam is AdamW, and nesterov, dampening and amsgrad do nothing.
#
# Expected: optimizers with the names and arguments of PyTorch's train as those.
# Seen: Adam(weight_decay=d) decays the weights directly, as AdamW, while SGD, RMSprop and Adagrad add d w to the
# gradient; the documentation says "the weight decay value for the optimizer" of all of them. SGD takes nesterov
# ("whether to use Nesterov momentum") and dampening, Adam and AdamW take amsgrad, and train as without, to the bit;
# Adam8bit(amsgrad=True) and RMSprop(centered=True) are errors.
#
#     largest difference of the weights after 5 updates:
#     SGD(weight_decay=0.1)     from torch's SGD 0.0000
#     RMSprop(weight_decay=0.1) from torch's RMSprop 0.0000
#     Adam(weight_decay=0.1)    from torch's Adam 0.0055, from torch's AdamW 0.0000
#     SGD(nesterov=True)        from torch's SGD 0.0207, from the same without it 0.0000
#     SGD(dampening=0.5)        from torch's SGD 0.0377, from the same without it 0.0000
#     Adam(amsgrad=True)        from torch's Adam 0.0087, from the same without it 0.0000
folder=$(mktemp -d) || exit 2
trap 'rm -rf "$folder"' EXIT
"$(dirname "$0")/with-packages" "$folder" bitsandbytes==0.50.2 torch==2.13.0 numpy <<'END'
import bitsandbytes.optim
import torch


def trained(library, name, **options):
    torch.manual_seed(0)
    weights = torch.nn.Parameter(torch.randn(4, 3))
    if name == "SGD":
        options["momentum"] = 0.9
    elif name != "RMSprop":
        options["betas"] = (0.9, 0.5)  # a short memory, without which amsgrad changes little
    optimizer = getattr(library, name)([weights], lr=0.01, **options)
    for _ in range(5):
        weights.grad = torch.randn(4, 3)
        optimizer.step()
    return weights.detach()


def difference(name, option, other, without=False):
    here = trained(bitsandbytes.optim, name, **option)
    there = trained(bitsandbytes.optim, name) if without else trained(torch.optim, other, **option)
    return (here - there).abs().max().item()


print("largest difference of the weights after 5 updates:")
for name, option, same in [
    ("SGD", {"weight_decay": 0.1}, "SGD"),
    ("RMSprop", {"weight_decay": 0.1}, "RMSprop"),
    ("Adam", {"weight_decay": 0.1}, "AdamW"),
    ("SGD", {"nesterov": True}, None),
    ("SGD", {"dampening": 0.5}, None),
    ("Adam", {"amsgrad": True}, None),
]:
    title = f"{name}({', '.join(f'{key}={value}' for key, value in option.items())})"
    by = difference(name, option, name)
    line = f"{title:25} from torch's {name} {by:.4f}"
    if same is None:
        without = difference(name, option, name, without=True)
        print(f"{line}, from the same without it {without:.4f}")
        assert by > 1e-3 and without == 0
    elif same == name:
        print(line)
        assert by < 1e-5
    else:
        others = difference(name, option, same)
        print(f"{line}, from torch's {same} {others:.4f}")
        assert by > 1e-3 and others < 1e-5
END
