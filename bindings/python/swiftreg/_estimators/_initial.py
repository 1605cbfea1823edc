"""Initial weights that the library has no option for."""

from __future__ import annotations

from swiftreg import MLP, _core

_STREAM = 2**16 - 1  # of initial weights, as reg_init says


def draw_as_torch(network: MLP) -> None:
    """Weights and biases uniform on (-r, r), r = 1 / sqrt(n_in), as PyTorch's nn.Linear has them.

    Parameter number i of all is r * ((2 w(i) + 1) / 2^32 - 1), in double, with the words w of Philox
    for the network's seed and stream 2^16 - 1: the formula of reg_init, for biases too.
    """
    words = _core.philox(network.parameters.size, network.seed, _STREAM, 0)
    uniform = (2.0 * words + 1.0) / 2.0**32 - 1.0
    at = 0
    for W, b in network.weights:
        end = at + W.size + b.size
        uniform[at:end] *= W.shape[1] ** -0.5
        at = end
    network.parameters[:] = uniform
