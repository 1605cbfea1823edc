"""MLPClassifier."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from scipy.special import log_softmax
from sklearn.preprocessing import LabelBinarizer
from sklearn.utils.class_weight import compute_class_weight
from sklearn.utils.multiclass import check_classification_targets, type_of_target, unique_labels

from swiftreg import _core
from swiftreg._estimators._base import BaseMLP
from swiftreg._estimators._bases import ClassifierMixin, available_if
from swiftreg._estimators._engine import Examples
from swiftreg._estimators._network import Array, BaseNetwork, whole_or_not


class ClassifierTargets(ClassifierMixin, BaseNetwork):
    """Labels, their weights and their probabilities."""

    classes_: Array
    n_outputs_: int
    class_weight: Any
    _binarizer: Any
    _weights_of_classes: Array | None  # (classes,), for multi-label targets (labels, 2)

    def predict(self, X: Any, *, mc_samples: int | None = None) -> Array:
        """The likeliest label of each example of X, or the indicator matrix of its labels.

        `mc_samples` as in `predict_proba`.
        """
        return self._decode(self._outputs(X, mc_samples)[0])

    def predict_proba(
        self, X: Any, *, mc_samples: int | None = None, return_std: bool = False
    ) -> Any:
        """The probabilities (n_samples, n_classes), in the order of classes_.

        With `mc_samples`, the mean over as many networks thinned by dropout (Gal and Ghahramani
        2016), always the same ones; with `return_std` also the standard deviation over them (0
        without mc_samples), as a tuple.
        """
        binary = self._is_binary()
        mean, deviation = self._outputs(X, mc_samples, logits=binary and mc_samples is None)
        if self._one_class:
            mean, deviation = np.ones_like(mean), np.zeros_like(deviation)
        elif binary and mc_samples is None:
            # A small probability is exact, as 1 - p is not.
            mean = _core.forward_activation(np.hstack([-mean, mean]), _core.SIGMOID, None)
            deviation = np.zeros_like(mean)
        elif binary:
            mean, deviation = np.hstack([1 - mean, mean]), np.hstack([deviation, deviation])
        return (mean, deviation) if return_std else mean

    def predict_log_proba(self, X: Any, *, mc_samples: int | None = None) -> Array:
        """The logarithms of `predict_proba`, finite also where a probability underflows to 0.

        With `mc_samples`, -inf where the mean probability is 0.
        """
        logarithms: Array
        if mc_samples is not None or self._one_class:
            with np.errstate(divide="ignore"):
                logarithms = np.log(self.predict_proba(X, mc_samples=mc_samples))
            return logarithms
        binary = self._is_binary()
        z = self._outputs(X, None, logits=True)[0]
        if binary or self._multilabel:
            signed = np.hstack([z, -z]) if binary else -z
            logarithms = -np.logaddexp(0, signed, dtype=z.dtype)
        else:
            logarithms = log_softmax(z, axis=1)
        return logarithms

    def _losses(self, z: Array, Y: Array) -> Array:
        """The log loss of each example from pre-activations, in double, summed over labels."""
        z = z.astype(np.float64)
        losses: Array
        if self._multilabel or self.n_outputs_ == 1:
            losses = np.logaddexp(0, np.where(Y == 1, -z, z)).sum(axis=1)
        else:
            losses = -np.sum(np.where(Y == 1, log_softmax(z, axis=1), 0.0), axis=1)
        return losses

    def predict_dropout(self, X: Any, n_samples: int = 100) -> tuple[Array, Array]:
        """Monte Carlo dropout: mean and standard deviation of the probabilities.

        Over `n_samples` networks thinned by dropout (Gal and Ghahramani 2016), always the same ones;
        each (rows of X, n_classes). The deviation has divisor n_samples.
        """
        found: tuple[Array, Array] = self.predict_proba(X, mc_samples=n_samples, return_std=True)
        return found

    # ---- Targets ---------------------------------------------------------------------------

    def _learn_targets(
        self, y: Array, weights: Array | None, first: bool, incremental: bool
    ) -> None:
        check_classification_targets(y)
        if first and not incremental:
            self._binarizer = LabelBinarizer().fit(y)
            self.classes_ = self._binarizer.classes_
        elif y.shape[0] > 0:
            self._check_targets(y, "y")
            if not incremental and len(unique_labels(y)) != len(self.classes_):
                raise ValueError(
                    f"y must have the classes {self.classes_} of the last fit, as warm_start is set,"
                    f" got {unique_labels(y)}"
                )
        classes = len(self.classes_)
        self.n_outputs_ = classes if self._multilabel or classes > 2 else 1
        self._weights_of_classes = self._learned_weights(y, weights)

    def _learned_weights(self, y: Array, weights: Array | None) -> Array | None:
        """class_weight for every class, whichever of them later data have."""
        if self.class_weight is None:
            return None
        if not self._multilabel:
            return _weights_of(self.class_weight, self.classes_, y, weights)
        Y = self._encode(y, np.float64)
        each = self.class_weight
        if isinstance(each, str):
            each = [each] * self.n_outputs_
        if not isinstance(each, (list, tuple)) or len(each) != self.n_outputs_:
            raise ValueError(
                f'class_weight must be "balanced" or a list of {self.n_outputs_} dicts for multi-label'
                f" targets, got {self.class_weight!r}"
            )
        table = np.ones((self.n_outputs_, 2))
        for weights_of, column, weight in zip(table, Y.T, each):
            present = np.unique(column) if isinstance(weight, str) else np.array([0.0, 1.0])
            weights_of[present.astype(int)] = _weights_of(weight, present, column, weights)
        return table

    @property
    def _multilabel(self) -> bool:
        return str(self._binarizer.y_type_).startswith("multilabel")

    @property
    def _one_class(self) -> bool:
        return hasattr(self, "classes_") and len(self.classes_) == 1 and not self._multilabel

    def _is_binary(self) -> bool:
        return getattr(self, "n_outputs_", 0) == 1 and not self._multilabel

    def _check_targets(self, y: Array, name: str) -> None:
        check_classification_targets(y)
        if _is_multilabel(y) != self._multilabel:
            raise ValueError(f"{name} is {type_of_target(y)}, unlike the targets learned before")
        strange = np.setdiff1d(unique_labels(y), self.classes_)
        if len(strange) > 0:
            raise ValueError(f"{name} has the labels {strange}, which are not in {self.classes_}")

    def _loss(self) -> tuple[str, str]:
        if self._multilabel or self.n_outputs_ == 1:
            return "binary_cross_entropy", "logistic"
        return "softmax_cross_entropy", "softmax"

    def _encode(self, y: Array, dtype: Any) -> Array:
        if y.shape[0] == 0:
            return np.zeros((0, self.n_outputs_), dtype)
        indicators: Array = self._binarizer.transform(y).astype(dtype)
        return indicators

    def _decode(self, outputs: Array) -> Array:
        if self.n_outputs_ == 1:
            outputs = outputs.ravel()
        labels: Array = self._binarizer.inverse_transform(outputs)
        return labels

    def _score(self, data: Examples, outputs: Array) -> float:
        """The accuracy of what `_decode` makes of outputs; all labels of an example must be right."""
        if self._one_class:
            return 1.0
        if self._multilabel or self.n_outputs_ == 1:
            right = ((outputs > 0.5) == (data.Y > 0.5)).all(axis=1)
        else:
            right = outputs.argmax(axis=1) == data.Y.argmax(axis=1)
        return float(np.average(right, weights=data.weights))

    def _class_weights(self, Y: Array) -> Array | None:
        table = self._weights_of_classes
        if table is None:
            return None
        weights: Array
        if self._multilabel:
            weights = np.where(Y == 1, table[:, 1], table[:, 0]).prod(axis=1)
        elif self.n_outputs_ == 1:
            weights = np.where(Y[:, 0] == 1, table[-1], table[0])
        else:
            weights = table[Y.argmax(axis=1)]
        return weights

    def _strata(self, y: Array) -> Array | None:
        return None if self._multilabel else y

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags


class MLPClassifier(ClassifierTargets, BaseMLP):
    """A multi-layer perceptron for classification, with dropout, as a scikit-learn estimator.

    Parameters that scikit-learn's MLPClassifier has mean here what they mean there; the rest are
    its regularizers. For n examples in a batch (or the sum of their weights) the loss is

        mean cross-entropy + alpha / n * ((1 - l1_ratio) / 2 * sum W^2 + l1_ratio * sum |W|)

    Binary and multi-label targets have a sigmoid for each output, more classes a softmax.

    Parameters
    ----------
    hidden_layer_sizes : the widths of the hidden layers, an integer or integers; () for none.
    activation : "relu", "tanh", "logistic", "identity", "leaky_relu" (slope 0.01), "gelu", "silu" or
        "selu", or a sequence with one for each hidden layer.
    solver : "adam"; "sgd"; "adamw", Adam with `weight_decay`; "rmsprop", usually with beta_2=0.99; or
        "lion", usually with beta_2=0.99 and learning_rate_init=1e-4. There is no "lbfgs".
    alpha : strength of the penalty above, at least 0, or a sequence with one for each layer of
        weights (one more than the hidden layers).
    l1_ratio : in [0, 1]: 0 for L2, 1 for L1, between them the elastic net of scikit-learn's
        ElasticNet and SGDClassifier.
    keep_prob : the probability to keep a unit, in (0, 1]: one for all hidden layers, or a sequence
        with one for the input and one for each hidden layer. 1 is no dropout.
    max_norm : the weights into a unit are kept within this Euclidean norm; None for no bound.
    label_smoothing : s in [0, 1): targets y become y (1 - s) + s / n_classes.
    class_weight : "balanced", or weights of the classes in a dict (in a list of dicts for
        multi-label targets); None for 1 each.
    batch_size : examples in an update; "auto" is min(200, n_samples).
    learning_rate : "constant"; "invscaling", learning_rate_init / (samples seen + 1)^power_t; or
        "adaptive", a fifth whenever training would stop for lack of progress, until it is 1e-6.
        Only for "sgd".
    learning_rate_init, power_t : above.
    max_iter : the most epochs.
    shuffle : a new order of the examples in each epoch.
    random_state : an integer, a RandomState or None: chooses the weights, the masks, the order and
        the split of early stopping. The same integer gives the same bits on every machine, if
        scikit-learn splits alike.
    tol, n_iter_no_change : training stops after more than n_iter_no_change epochs in a row without
        a loss of training lower by tol than the lowest (with early_stopping: without a validation loss
        lower, or a score higher, by tol). "auto" is 10 without dropout, as in scikit-learn. With
        dropout, whose noise hides small progress, "auto" judges the mean loss of the last w epochs
        against that of the w before, w being 10 or a quarter of all epochs: training stops when for
        more than 10 epochs in a row it fell by less than tol or than 2 standard errors, with a
        ConvergenceWarning where that noise is not small. With early_stopping, whose validation loss
        is taken without dropout, it is 20 with dropout, and in any case as many as have 250 updates of the
        weights: an epoch of few updates changes little. math.inf: max_iter epochs in any case.
    verbose : prints the loss of each epoch.
    warm_start : `fit` begins with the weights of the last one, and with a new optimizer.
    momentum, nesterovs_momentum : of "sgd".
    early_stopping : holds out validation_fraction of the examples, or takes validation data from the
        arguments of fit, stops as n_iter_no_change says, and keeps the weights of the best epoch. The
        split has each label in proportion, unless targets are multi-label; a label with a single
        example is not held out.
    stop_on : the number by which early_stopping judges. "loss": the validation loss, without dropout
        and penalties. "score": accuracy, as scikit-learn does; or the name of a scorer, as "roc_auc",
        or a function of (estimator, X, y), whose higher value is better. An epoch replaces the best
        one if it is better by tol; of equal scores, the one with the validation loss lower by tol.
    validation_fraction : in (0, 1); ceil(validation_fraction * n_samples) examples, at least 2.
    beta_1, beta_2, epsilon : of Adam. scikit-learn adds epsilon before it corrects the bias of the
        second moment, which makes its epsilon larger in the first steps by up to 31.6.
    weight_decay : of "adamw", decoupled from the loss.
    clip_norm : the gradient is scaled down to this Euclidean norm; None for no bound.
    init : the initial weights, uniform on (-r, r): "xavier", r = sqrt(6 / (n_in + n_out)) (Glorot and
        Bengio 2010); "he", sqrt(6 / n_in) (He et al. 2015); "lecun", sqrt(3 / n_in) (LeCun et al.
        1998), with biases of 0; "torch", 1 / sqrt(n_in) for weights and biases, as PyTorch's Linear.

    Attributes
    ----------
    classes_ : the labels, sorted.
    coefs_, intercepts_ : lists of weights (below, above) and biases (above,), views of the network's.
    loss_, best_loss_, loss_curve_ : of the last epoch, the lowest, of all epochs: the mean over the
        examples of the loss above, taken before each update, with dropout. With sample_weight, the mean
        by these weights (scikit-learn weighs the means of batches by their numbers of examples).
        best_loss_ is None with early_stopping.
    validation_scores_, validation_loss_curve_ : accuracy (or the value of the scorer stop_on) and
        cross-entropy after each epoch, with early_stopping or validation data, else None.
    best_iter_, best_validation_score_, best_validation_loss_ : with early_stopping, the number (from
        1) of the epoch whose weights are kept, its score and its loss; else None.
    n_iter_ : epochs of the last fit; t_ : examples seen, each time they were.
    network_ : the swiftreg.MLP, for example to save it or to export it as C.
    n_features_in_, feature_names_in_, n_layers_, n_outputs_, out_activation_ : as scikit-learn's.

    X is an array, a data frame of pandas, polars or pyarrow, or a sparse matrix, which is made dense
    a batch at a time. It keeps its type if that is float32 or float64, and the network has it.
    Threads may share a fitted estimator for predictions.
    """

    classes_: Array
    _binarizer: Any

    def __init__(
        self,
        hidden_layer_sizes: Any = (100,),
        activation: Any = "relu",
        *,
        solver: str = "adam",
        alpha: Any = 0.0001,
        l1_ratio: float = 0.0,
        keep_prob: Any = 1.0,
        max_norm: float | None = None,
        label_smoothing: float = 0.0,
        class_weight: Any = None,
        batch_size: int | str = "auto",
        learning_rate: str = "constant",
        learning_rate_init: float = 0.001,
        power_t: float = 0.5,
        max_iter: int = 200,
        shuffle: bool = True,
        random_state: Any = None,
        tol: float = 1e-4,
        verbose: bool | int = False,
        warm_start: bool = False,
        momentum: float = 0.9,
        nesterovs_momentum: bool = True,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        weight_decay: float = 0.01,
        clip_norm: float | None = None,
        n_iter_no_change: float | str = "auto",
        stop_on: Any = "loss",
        init: str = "xavier",
    ) -> None:
        super().__init__(
            hidden_layer_sizes,
            activation,
            solver=solver,
            alpha=alpha,
            l1_ratio=l1_ratio,
            keep_prob=keep_prob,
            max_norm=max_norm,
            batch_size=batch_size,
            learning_rate=learning_rate,
            learning_rate_init=learning_rate_init,
            power_t=power_t,
            max_iter=max_iter,
            shuffle=shuffle,
            random_state=random_state,
            tol=tol,
            verbose=verbose,
            warm_start=warm_start,
            momentum=momentum,
            nesterovs_momentum=nesterovs_momentum,
            early_stopping=early_stopping,
            validation_fraction=validation_fraction,
            beta_1=beta_1,
            beta_2=beta_2,
            epsilon=epsilon,
            weight_decay=weight_decay,
            clip_norm=clip_norm,
            n_iter_no_change=n_iter_no_change,
            stop_on=stop_on,
            init=init,
        )
        self.label_smoothing = label_smoothing
        self.class_weight = class_weight

    def fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        *,
        eval_set: Any = None,
        X_val: Any = None,
        y_val: Any = None,
        sample_weight_val: Any = None,
        callbacks: Any = None,
    ) -> Self:
        """Trains on X (n_samples, n_features) and labels y.

        Parameters
        ----------
        X : array, data frame or sparse matrix.
        y : (n_samples,) labels of any kind, or for multi-label targets an indicator matrix of 0 and 1,
            (n_samples, n_labels).
        sample_weight : (n_samples,), at least 0, not all 0; an example of weight 0 is left out, and
            its values are not looked at.
        X_val, y_val, sample_weight_val : examples to validate on after each epoch. Without
            early_stopping they are recorded only. A pipeline transforms X_val as X with
            Pipeline(..., transform_input=["X_val"]).
        eval_set : the same as (X, y) or (X, y, sample_weight), or a list of one such tuple.
        callbacks : a function or functions that are called with the estimator after each epoch,
            when it is ready to predict; a true answer ends the training.

        Returns self. Ctrl-C ends the training with a warning and the weights so far. An exception
        leaves the estimator as it was before the call.

        Warns
        -----
        ConvergenceWarning : max_iter epochs were not enough; dropout's noise ended the training; the
            scale of X or y can spoil it. UserWarning : a keep_prob below 0.3; a batch_size above
            n_samples. Clones of one estimator, as in a search, give each of these once in a process.

        Raises
        ------
        ValueError, TypeError : a parameter or an argument that cannot be used.
        FloatingPointError : the loss is no longer finite.
        """
        validation = (eval_set, X_val, y_val, sample_weight_val)
        return self._fit(X, y, sample_weight, validation, callbacks)

    def _has_partial_fit(self) -> bool:
        if isinstance(self.class_weight, str):
            raise AttributeError(
                f"partial_fit does not support class_weight={self.class_weight!r}: give the weights"
            )
        return self._trains_in_parts()

    @available_if(_has_partial_fit)
    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None, classes: Any = None) -> Self:
        """Trains for one epoch more, with the optimizer's state as it was.

        The first call needs `classes`, all the labels there will be, unless y is multi-label.
        Weights that are all 0 train
        nothing. Returns self; an exception leaves the estimator as it was. There is no partial_fit
        (AttributeError) with early_stopping, nor with class_weight="balanced".
        """
        with whole_or_not(self):
            if not hasattr(self, "classes_"):
                multilabel = _is_multilabel(y)
                if classes is None and not multilabel:
                    raise ValueError("classes must be given in the first call of partial_fit")
                self._binarizer = LabelBinarizer()
                self._binarizer.fit(y if multilabel else unique_labels(classes))
                self.classes_ = self._binarizer.classes_
            elif classes is not None and not np.array_equal(self.classes_, unique_labels(classes)):
                raise ValueError(
                    f"classes={classes!r} are not those of the first call of partial_fit,"
                    f" {self.classes_!r}"
                )
            return self._fit(X, y, sample_weight, incremental=True)


def _weights_of(class_weight: Any, classes: Array, y: Array, weights: Array | None) -> Array:
    """The weight of each class; "balanced" is total / (classes * total of the class), as weighted."""
    found: Array
    if isinstance(class_weight, str) and class_weight == "balanced" and weights is not None:
        totals = np.bincount(np.searchsorted(classes, y), weights, len(classes))
        found = weights.sum() / (len(classes) * totals)
    else:
        found = compute_class_weight(class_weight, classes=classes, y=y)
    return found


def _is_multilabel(y: Any) -> bool:
    return str(type_of_target(y)).startswith("multilabel")
