"""A whole network: the thin face of reg_network."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Protocol, Self, TypeAlias

import numpy as np

from swiftreg import _core
from swiftreg._exchange._methods import Exchange
from swiftreg._frames import numbers
from swiftreg._history import History, Progress, ProgressBar
from swiftreg._holder import Floats, Holder
from swiftreg._options import STOPS, count, is_float64, limit
from swiftreg._parameters import ParameterNames

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, DTypeLike, NDArray

Callback: TypeAlias = Callable[[Progress], object]
# X, Y, sample_weight, and the rows in use or None.
Data: TypeAlias = "tuple[Any, Any, Any, Any]"


class SparseRows(Protocol):
    """A sparse matrix by rows, as scipy.sparse has it in its format "csr"."""

    format: Any
    shape: Any
    data: Any
    indices: Any
    indptr: Any


Inputs: TypeAlias = "ArrayLike | SparseRows"

# What ended a training, by the library's numbers; its report is Python's callback.
_STOPPED: tuple[Any, ...] = tuple({"report": "callback"}.get(name, name) for name in STOPS)
# Attributes that are made anew when a network is loaded.
_OF_NETWORK = ("_network", "_description", "history")


def _validation(
    data: tuple[Inputs, ArrayLike] | tuple[Inputs, ArrayLike, ArrayLike | None] | None,
) -> Data | None:
    if data is None:
        return None
    if not isinstance(data, tuple | list) or len(data) not in (2, 3):
        raise TypeError(
            f"validation_data must be (X, Y) or (X, Y, sample_weight), got {type(data).__name__}"
            + (f" of {len(data)}" if isinstance(data, tuple | list) else "")
        )
    return (data[0], data[1], data[2] if len(data) == 3 else None, None)


def _not_finite(data: Data | None, prefix: str) -> str:
    """The place of the first NaN or infinity in examples that have a weight."""
    if data is None:
        return ""
    X, Y, weights, _ = data
    for name, value in (("X", X), ("Y", Y)):
        if hasattr(value, "tocoo"):
            entries = value.tocoo()
            places, values = np.stack([entries.row, entries.col], axis=1), entries.data
        else:
            array = numbers(value, name)
            bad = ~np.isfinite(array)
            places, values = np.argwhere(bad), array[bad]
        for place, number in zip(places, values, strict=True):
            if not np.isfinite(number) and (weights is None or np.asarray(weights)[place[0]] != 0):
                return f"{prefix}{name}[{', '.join(map(str, place))}] is {number}"
    return ""


class MLP(Exchange, Holder, ParameterNames):
    """A multilayer perceptron: dense layers, trained by backpropagation, with dropout, L2 and more.

    The examples are rows: X is (m, features), Y is (m, outputs), or (m,) for one output, with any
    strides, so that the notebook's columns are `X.T`. Arrays of the network's dtype are read where
    they lie; other real types are converted, a copy. X may be sparse, in the format CSR of scipy.sparse
    (not for predict_dropout): it is made dense a batch at a time, with the same results. Nothing
    depends on the number of threads, nor on the CPU as long as it has fused multiply-add: the same seed
    gives the same weights, bit for bit.

    The cost is, with m the number of examples or the sum of their weights,

        1/m * sum of the examples' losses + 1/(2 m) * sum over layers of l2 * sum of W**2
                                          + 1/m * sum over layers of l1 * sum of |W|

    Parameters
    ----------
    layer_dims : 2 to 1025 widths above 0: of the input, of each hidden layer, of the output.
    activation : of the hidden layers, one name for all or a sequence of one for each: "identity",
        "relu", "leaky_relu" (slope 0.01), "tanh", "sigmoid", "gelu" (exact, by erf; Hendrycks and
        Gimpel 2016), "silu" (swish), "selu" (Klambauer et al. 2017).
    loss : of an example with pre-activations z and targets y, and with it the output:
        "binary_cross_entropy", sum of softplus(z) - y z, output sigmoid(z);
        "softmax_cross_entropy", log(sum of exp z) * sum(y) - sum(y z), output softmax(z);
        "squared_error", sum of (z - y)**2 / 2, output z.
    keep_prob : the probability to keep a unit, in (0, 1]; inverted dropout (Srivastava et al. 2014).
        A number is for every hidden layer, and the input keeps all; or one number each for the
        input and the hidden layers. Unit u of layer l (0 = the input) of row r of a batch at step t
        is element u of swiftreg.dropout_mask(..., seed=seed, stream=t * 2**16 + l, offset=r * 2**34).
    l2, l1 : finite and at least 0; a number for every W, or one for each. Not for biases.
    max_norm : after an update, the weights into a unit (a row of W) are scaled down to this norm
        (Srebro et al. 2005); None: not.
    label_smoothing : s in [0, 1): targets become y (1 - s) + s / K for K classes, 2 for
        binary cross-entropy (Szegedy et al. 2016). Not for squared error.
    init : the initial weights, with n_in inputs and n_out outputs of a layer: uniform on (-r, r) with
        "he", r = sqrt(6 / n_in) (He et al. 2015), "xavier", sqrt(6 / (n_in + n_out)) (Glorot and
        Bengio 2010), "lecun", sqrt(3 / n_in) (LeCun et al. 1998); or "notebook",
        numpy.random.randn / sqrt(n_in) after numpy.random.seed(seed). Biases begin at 0.
    seed : 0 to 2**64 - 1; of the masks, the order of the examples and the initial weights.
    optimizer : "sgd", "momentum" and "nesterov" (Sutskever et al. 2013, as PyTorch has them), "adam"
        (Kingma and Ba 2015), "adamw", which takes r * weight_decay * W off the weights besides
        (Loshchilov and Hutter 2019; not the same as l2), "rmsprop" (as PyTorch has it), "lion" (Chen
        et al. 2023), with the weight_decay of adamw.
    learning_rate : r, finite and at least 0; None: 0.01, for adam and adamw 0.001, for lion 0.0001.
    momentum, beta1, beta2 : in [0, 1). beta2 None: 0.999, for rmsprop and lion 0.99. epsilon, weight_decay : finite and at least 0.
    clip_norm : a gradient, of all parameters, is scaled down to this norm (Pascanu et al. 2013);
        None: not.
    schedule : the learning rate in epoch e = 0, 1, ...: "constant"; "step",
        r * decay**floor(e / period); "cosine", from r to min_learning_rate over `period` epochs
        (Loshchilov and Hutter 2017); "inverse_scaling", r / (e + 1)**decay.
    decay : at least 0. period : in epochs, at least 1. min_learning_rate : finite, at least 0.
    dtype : "float32" or "float64", of everything in the network.

    Targets Y, everywhere: in [0, 1] for binary_cross_entropy (0 and 1, not -1 and 1), one-hot or
    probabilities for softmax_cross_entropy, any for squared_error. Outside [0, 1], or negative for
    softmax_cross_entropy, they raise ValueError.

    Raises
    ------
    ValueError, TypeError : naming the argument and the value. MemoryError.
    A call that raises changes nothing, if its text does not say otherwise.

    Networks in different threads are independent. Calls of several threads with one network take
    turns, those that do not train it also while a callback of `fit` runs; `parameters`, `gradients`,
    `optimizer_state` and `weights` do not wait. Pickles and copies
    hold all but `history`, attributes of your own included; what is loaded goes on bit for bit.
    """

    def __init__(
        self,
        layer_dims: Sequence[int],
        *,
        activation: str | Sequence[str] = "relu",
        loss: str = "binary_cross_entropy",
        keep_prob: float | Sequence[float] = 1.0,
        l2: float | Sequence[float] = 0.0,
        l1: float | Sequence[float] = 0.0,
        max_norm: float | None = None,
        label_smoothing: float = 0.0,
        init: str = "he",
        seed: int = 0,
        optimizer: str = "adam",
        learning_rate: float | None = None,
        momentum: float = 0.9,
        beta1: float = 0.9,
        beta2: float | None = None,
        epsilon: float = 1e-8,
        weight_decay: float = 0.01,
        clip_norm: float | None = None,
        schedule: str = "constant",
        decay: float = 0.5,
        period: int = 10,
        min_learning_rate: float = 0.0,
        dtype: DTypeLike = "float32",
    ) -> None:
        _core.optimizer_defaults(optimizer)  # to set_optimizer, None would be the present one
        options = {
            "activation": activation, "loss": loss, "init": init, "seed": seed,
            "keep_prob": keep_prob, "l2": l2, "l1": l1, "label_smoothing": label_smoothing,
            "max_norm": limit(max_norm, "max_norm"),
        }
        self._adopt(_core.network_create(is_float64(dtype), layer_dims, options))
        self.set_optimizer(
            optimizer, learning_rate=learning_rate, momentum=momentum, beta1=beta1, beta2=beta2,
            epsilon=epsilon, weight_decay=weight_decay, clip_norm=clip_norm, schedule=schedule,
            decay=decay, period=period, min_learning_rate=min_learning_rate,
        )

    # ---- Prediction ------------------------------------------------------------------------

    def predict(self, X: Inputs) -> Floats:
        """The outputs for X (m, features), without dropout: probabilities or values, (m, outputs).

        An example's outputs do not depend on the others beside it. m may be 0.
        """
        return self._network.predict(X, False, None)

    def decision_function(self, X: Inputs) -> Floats:
        """The pre-activations of the output for X (m, features), without dropout: (m, outputs)."""
        return self._network.predict(X, True, None)

    def predict_dropout(
        self, X: ArrayLike, samples: int, seed: int = 0
    ) -> tuple[Floats, Floats]:
        """Monte Carlo dropout (Gal and Ghahramani 2016): (mean, deviation), each (m, outputs).

        Of the outputs under `samples` sets of masks (1 to 2**48 - 1): sample s draws those of step s
        under `seed`. The deviation is the standard deviation with divisor `samples`.
        """
        return self._network.predict_dropout(X, samples, seed)

    # ---- Cost and gradient -----------------------------------------------------------------

    def cost(
        self, X: Inputs, Y: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> float:
        """The cost without dropout, L2 and L1 terms included.

        sample_weight is (m,): finite, at least 0, not all 0. ValueError otherwise.
        """
        return self._network.cost(X, Y, sample_weight)[0]

    def data_cost(
        self, X: Inputs, Y: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> float:
        """The cost without dropout, and without the L2 and L1 terms."""
        return self._network.cost(X, Y, sample_weight)[1]

    def gradient(
        self,
        X: Inputs,
        Y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        first_row: int = 0,
        mean_over: float | None = None,
    ) -> float:
        """The gradient of the cost at the present step, dropout included, into `gradients`.

        A batch can be taken in parts, as by the ranks of a data-parallel run: the first row of each
        is number `first_row` of the batch, and `mean_over` the batch's number of examples (or sum of
        weights). The parts' costs and gradients then add up to the batch's, within rounding.

        Returns the cost (of the part, its share of the L2 and L1 terms included). A gradient that is
        not finite is no error here. A part with `mean_over` may have no examples: its gradient is 0.
        """
        if mean_over is not None and np.shape(X)[:1] == (0,):
            # A rank without examples: X as for predict, which may have none.
            if not 0 < mean_over < math.inf:
                raise ValueError(f"mean_over must be above 0, or None, got {mean_over!r}")
            self.predict(X)
            self.gradients[:] = 0
            return 0.0
        return self._network.gradient(X, Y, sample_weight, first_row, mean_over)

    def apply(self) -> None:
        """One update from `gradients`, at the learning rate of the present epoch; the step counts on.

        Raises FloatingPointError, and changes nothing, if clip_norm is set and the norm not finite.
        """
        self._network.apply()

    def check_gradient(
        self,
        X: Inputs,
        Y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        *,
        difference: float | None = None,
        max_parameters: int = 100,
    ) -> float:
        """The largest disagreement of the gradient with central differences of the cost.

        That is |a - n| / max(1e-8, |a| + |n|) of an analytic a and a numeric n, over at most `max_parameters`
        parameters, evenly spread, of each W and b, with the masks of the present step. Kinks of ReLU
        and of L1 and the precision of float32 make it large without a mistake. `difference` is by
        default the cube root of the dtype's precision. `gradients` is overwritten.
        """
        if difference is None:
            difference = float(np.finfo(self.dtype).eps) ** (1 / 3)
        return self._network.check_gradient(X, Y, sample_weight, difference, max_parameters)

    # ---- Training --------------------------------------------------------------------------

    def fit(
        self,
        X: Inputs,
        Y: ArrayLike,
        *,
        epochs: int = 1,
        batch_size: int | None = None,
        shuffle: bool = True,
        sample_weight: ArrayLike | None = None,
        validation_data: tuple[Inputs, ArrayLike]
        | tuple[Inputs, ArrayLike, ArrayLike | None]
        | None = None,
        patience: int | None = None,
        min_delta: float = 0.0,
        callback: Callback | None = None,
        callback_every: int = 1,
        masks: Sequence[ArrayLike | None] | None = None,
        progress: bool = False,
    ) -> History:
        """Trains for some epochs more.

        Parameters
        ----------
        X, Y : (m, features) and (m, outputs), m above 0; Y in [0, 1] for binary_cross_entropy (0
            and 1, not -1 and 1), one-hot or probabilities for softmax_cross_entropy.
        epochs : at most so many, 0 or more; step and epoch stay below 2**48.
        batch_size : examples in an update, 1 or more; the last batch may be smaller. None: all.
        shuffle : a new order of the examples in every epoch, which the seed and the epoch choose.
        sample_weight : (m,): finite, at least 0, not all 0. None: 1 each.
        validation_data : (X, Y) or (X, Y, sample_weight). Its cost is taken after each epoch,
            and at the end the parameters become those of the epoch where it was lowest; the
            optimizer's state is not set back.
        patience : stop after more than so many epochs in a row, 1 or more, in which the cost (that of
            validation data, if there are any) did not fall below the best by more than min_delta,
            which is at least 0. None: never.
        callback : called with a `Progress` after every `callback_every`-th epoch of this call, and
            the last; a true answer ends the training. It may use the network, as it is after this
            epoch: predict, score, save, copy, read and write the weights, change the optimizer's
            settings and the regularization. It must not train it (fit, apply), set its step or
            epoch, or change to another optimizer: RuntimeError.
        masks : instead of drawn ones, for the input and each hidden layer a mask that is used in
            every step, (m, units) of 0 and 1, or None.
        progress : show a bar, with tqdm.

        Other Python threads run meanwhile. Ctrl-C ends the training after the epoch, in which
        case, as after an exception in the callback, the exception comes with the weights so far kept.

        Returns
        -------
        The `History` of this call, which is also kept as `history`.

        Raises
        ------
        FloatingPointError : the cost or its gradient is not finite at the step that it names;
            parameters, state, step and epoch are those at the end of the last good epoch.
        ValueError, TypeError : naming the argument. RuntimeError : in the callback, see there; in a
            signal handler, during a call with the network in the same thread.
        ImportError : progress without tqdm.
        """
        data, validation = (X, Y, sample_weight, None), _validation(validation_data)
        units = None if masks is None else self._masks(masks)
        if callback is not None and not callable(callback):
            raise TypeError(f"callback must be callable or None, got {callback!r}")
        every = count(callback_every, "callback_every")

        def report(*fields: Any) -> object:
            assert callback is not None
            return callback(Progress(*fields))

        bar = ProgressBar(self.epoch, epochs) if progress else None
        ticker = None if bar is None else bar.show
        try:
            costs, validation_costs, reason, best, error = self._network.fit(
                data, validation, epochs, batch_size, shuffle, patience, min_delta,
                None if callback is None else report, every, ticker, units,
            )
        finally:
            if bar is not None:
                bar.close()
        self.history: History | None = History(
            costs, validation_costs, "interrupted" if error is not None else _STOPPED[reason],
            best if validation is not None else None,
        )
        if isinstance(error, FloatingPointError):
            place = _not_finite(data, "") or _not_finite(validation, "validation ")
            if place:
                error = FloatingPointError(f"{place}: {error}")
        if error is not None:
            try:
                raise error
            finally:
                del error  # its traceback holds this frame
        return self.history

    def _masks(self, masks: Sequence[ArrayLike | None]) -> tuple[NDArray[Any] | None, ...]:
        """As the library takes them: (units, examples)."""
        if not isinstance(masks, Iterable):
            raise TypeError(f"masks must be a sequence of arrays or None, got {masks!r}")
        turned: list[NDArray[Any] | None] = []
        for l, mask in enumerate(masks):
            array = None if mask is None else np.asarray(mask)
            if array is not None and (array.ndim != 2 or array.shape[1:] != self.layer_dims[l : l + 1]):
                wanted = self.layer_dims[l] if l < len(self.layer_dims) else "?"
                raise ValueError(
                    f"masks[{l}] must have shape (examples, {wanted}), got {array.shape}"
                )
            turned.append(None if array is None else array.T)
        return tuple(turned)

    # ---- Files -----------------------------------------------------------------------------

    def to_bytes(self) -> bytes:
        """The network in the safetensors format, options, step and optimizer state included."""
        return self._network.serialize()

    @classmethod
    def from_bytes(cls, data: bytes | bytearray | memoryview) -> Self:
        """A network from `to_bytes`, or the content of a file of `save`. No number in it is trusted.

        Raises FormatError (a ValueError) for what is damaged, cut short or not swiftreg's.
        """
        return cls._of(_core.network_deserialize(data))

    def save(self, path: str | bytes | os.PathLike[str]) -> None:
        """Writes `to_bytes` to a file, whole or not at all: an old one stays until then.

        Links are followed, and an old file's permissions stay. Only a file that cannot be replaced (a mount
        of its own, or in a folder that takes no new files) is overwritten, and refused by `load` after a
        crash meanwhile.

        Raises OSError (FileNotFoundError, PermissionError, ...) with errno and filename.
        """
        self._network.save(path)

    @classmethod
    def load(cls, path: str | bytes | os.PathLike[str]) -> Self:
        """A network from a file of `save`. Raises OSError as it, FormatError as `from_bytes`."""
        return cls._of(_core.network_load(path))

    def export_c(
        self,
        path: str | bytes | os.PathLike[str],
        name: str = "predict",
        *,
        dtype: DTypeLike | None = None,
        block: bool = False,
        header: str | bytes | os.PathLike[str] | bool = True,
    ) -> None:
        """Writes the network as one file of C99 and C++11 that needs nothing but math.h, with the function

            void NAME(const T x[n_in], T y[n_out]);

        for T float or double (`dtype`; None: the network's): the outputs of one example, as `predict` within
        rounding. The header beside it has its declaration. See `swiftreg.export_c`, which also takes
        estimators and pipelines.
        """
        from swiftreg._exchange._c import export_c

        export_c(self, path, name, dtype=dtype, block=block, header=header)

    # Read by skops and MLflow, too, which ignore __reduce__.

    def __getstate__(self) -> dict[str, Any]:
        own = {name: value for name, value in self.__dict__.items() if name not in _OF_NETWORK}
        return {"network": self.to_bytes(), "attributes": own}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self._adopt(_core.network_deserialize(state["network"]))
        self.__dict__.update(state["attributes"])
