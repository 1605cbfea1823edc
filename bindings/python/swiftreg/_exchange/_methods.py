"""The methods of `MLP` that speak to other libraries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    import os


class Exchange:
    """Networks from and to other libraries; a part of `MLP`.

    Weights keep their bits both ways. Coming in, a layer that predicts otherwise than any layer here
    raises ValueError with its name; a setting for training only that has no equal is left out with a
    warning. `docs/exchange.md` has the table of layers and settings.
    """

    # ---- Out -------------------------------------------------------------------------------

    def to_onnx(
        self,
        path: str | os.PathLike[str] | None = None,
        *,
        opset: int = 13,
        masks: bool = False,
    ) -> Any:
        """An onnx.ModelProto that predicts the same; with a path, also written to this file.

        Input "X" (examples, features), output "Y" (examples, outputs), both of the network's dtype.
        `opset` is from 13 on. With `masks`, each layer with dropout takes a mask as another input,
        "mask_0" for the input, "mask_1", ...: see `swiftreg.onnx`, which has estimators, too.

        Raises ValueError naming the argument, ImportError without onnx, OSError.
        """
        from swiftreg.onnx import to_onnx

        return to_onnx(self, path, opset=opset, masks=masks)

    def to_torch(self, *, logits: bool = False) -> Any:
        """A torch.nn.Sequential that predicts the same, with parameters of its own, in eval mode.

        It trains on after `train()`: dropout is there as Dropout(p = 1 - keep_prob). `logits=True`
        leaves out the sigmoid or softmax of the output, for BCEWithLogitsLoss and CrossEntropyLoss.
        Penalties are not modules. For batches of n examples: `l2` is weight_decay = l2 / n in a
        parameter group of the weights without the biases; `l1` is l1 / n * sum of |W| in the loss;
        `max_norm` is torch.renorm(W, 2, 0, max_norm) after each update; `clip_norm` is
        clip_grad_norm_; `label_smoothing` is an argument of CrossEntropyLoss. The optimizer's state
        is not carried over.

        Raises ImportError without PyTorch.
        """
        from swiftreg._exchange._torch import to_torch

        return to_torch(self, logits)  # type: ignore[arg-type]

    def to_keras(self, *, logits: bool = False) -> Any:
        """A keras.Sequential that predicts the same, with parameters of its own, not compiled.

        It trains on after `compile`: dropout is there as Dropout(1 - keep_prob). `logits=True` leaves
        out the sigmoid or softmax of the output, for losses with from_logits=True. Penalties are not
        there: for batches of n examples, kernel_regularizer=L1L2(l1 / n, l2 / (2 n)) and
        kernel_constraint=MaxNorm(max_norm, axis=0). Keras computes float64 layers in float64 on
        TensorFlow only. The optimizer's state is not carried over.

        Raises ImportError without Keras.
        """
        from swiftreg._exchange._keras import to_keras

        return to_keras(self, logits)  # type: ignore[arg-type]

    def to_sklearn(self) -> Any:
        """A fitted sklearn.neural_network.MLPClassifier or MLPRegressor that predicts the same.

        Labels are 0, 1, ...; binary_cross_entropy with several outputs is multi-label. alpha is `l2`,
        and the solver's settings are those of the optimizer. What scikit-learn has no place for, as
        dropout, is left out with a UserWarning. partial_fit trains on with a new state of the
        optimizer, but not a softmax of two outputs, for which scikit-learn has one output.

        Raises ValueError where hidden layers differ in their activation, or have one that scikit-learn
        lacks; ImportError without scikit-learn.
        """
        from swiftreg._exchange._sklearn import to_sklearn

        return to_sklearn(self)  # type: ignore[arg-type]

    # ---- In --------------------------------------------------------------------------------

    @classmethod
    def from_onnx(
        cls, model: str | os.PathLike[str] | bytes | Any, *, loss: str | None = None, **settings: Any
    ) -> Self:
        """A network from an ONNX graph of Gemm or MatMul and Add, activations and Dropout.

        Parameters
        ----------
        model : the path of a file, its bytes, or an onnx.ModelProto. What makes labels of the outputs,
            as in a classifier of `swiftreg.onnx` or skl2onnx, is left out.
        loss : "binary_cross_entropy" for outputs with a sigmoid, "softmax_cross_entropy" for a
            softmax, "squared_error" without either; None: that of these. Given for a graph without
            either, the loss whose pre-activations its outputs are.
        settings : other arguments of `MLP`, as l2, optimizer, seed. A graph of `to_onnx` has the
            network's own, which are the defaults.

        Raises ValueError that names the first node without an equal, or the argument; ImportError
        without onnx; OSError.
        """
        from swiftreg.onnx._reading import read_model

        return read_model(cls, model, loss, settings)  # type: ignore[type-var]

    @classmethod
    def from_torch(cls, model: Any, *, loss: str | None = None, **settings: Any) -> Self:
        """A network from a torch.nn.Sequential of Linear, activations and Dropout, also nested.

        `loss` as of `from_onnx`: give "softmax_cross_entropy" or "binary_cross_entropy" for a model
        whose outputs are logits, or its predictions are taken for those of squared error. LogSoftmax
        is read as softmax. keep_prob is 1 - p; `settings` are other arguments of `MLP`, such as
        `**swiftreg.carry_over("torch.SGD", lr=0.1, weight_decay=0.01, batch_size=32)`. A Linear
        without biases gets biases of 0; half precision becomes float32.

        Raises ValueError that names the first layer without an equal; TypeError for another model;
        ImportError without PyTorch.
        """
        from swiftreg._exchange._torch import from_torch

        return from_torch(cls, model, loss, settings)  # type: ignore[type-var]

    @classmethod
    def from_keras(
        cls, model: Any, *, loss: str | None = None, batch_size: int | None = None, **settings: Any
    ) -> Self:
        """A network from a built keras.Sequential of Dense, activations and Dropout, also nested.

        `loss` and `settings` as of `from_torch`. keep_prob is 1 - rate. A kernel_regularizer with L2 or
        L1 becomes 2 n L2 and n L1 for batches of n = `batch_size` examples, which must then be given;
        MaxNorm(c, axis=0) becomes max_norm.

        Raises ValueError that names the first layer without an equal; TypeError for another model;
        ImportError without Keras.
        """
        from swiftreg._exchange._keras import from_keras

        return from_keras(cls, model, loss, batch_size, settings)  # type: ignore[type-var]

    @classmethod
    def from_sklearn(cls, estimator: Any, **settings: Any) -> Self:
        """A network from a fitted sklearn.neural_network.MLPClassifier or MLPRegressor.

        l2 is alpha; the solver, its rate, momentum, betas and epsilon are carried over; epsilon is
        added elsewhere there (docs/carry-over.md). `settings` are other arguments of `MLP`, and replace
        those. The targets are what scikit-learn makes of labels: 0 and 1, or one-hot in the order of
        classes_.

        Raises ValueError that names the first layer without an equal; TypeError for another estimator;
        ImportError without scikit-learn.
        """
        from swiftreg._exchange._sklearn import from_sklearn

        return from_sklearn(cls, estimator, settings)  # type: ignore[type-var]
