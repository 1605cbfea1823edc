"""The choice of alpha and keep_prob by cross-validation, over the whole grid at once."""

from __future__ import annotations

import copy
import math
from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from numbers import Integral, Real
from time import perf_counter
from typing import Any, NamedTuple, Self

import numpy as np
from joblib import Parallel, delayed, effective_n_jobs
from numpy.typing import NDArray
from scipy.stats import rankdata
from sklearn.base import is_classifier
from sklearn.metrics import check_scoring
from sklearn.model_selection import check_cv
from sklearn.utils import indexable

from swiftreg import MLP
from swiftreg._estimators._engine import Examples, Fit, Fitted, fit_many, train_network
from swiftreg._estimators._network import (
    Array,
    BaseNetwork,
    drawn_seed,
    make_network,
    random_state_of,
    weighted_rows,
    whole_or_not,
)
from swiftreg._estimators._settings import (
    check_choice,
    check_number,
    check_parameters,
    drops,
    hidden_widths,
    keep_prob_warning,
    network_settings,
    optimizer_settings,
)
from swiftreg._estimators._stopping import patience

_RULES = ("best", "1se")
_ALPHAS_OF_A_GROUP = 4


class Job(NamedTuple):
    """One training: a point of the grid, a repetition of the seed, a fold."""

    point: int
    repeat: int
    fold: int


class Outcome(NamedTuple):
    """How a training went; NaN for all after an error."""

    job: Job
    score: float
    epochs: int  # of the lowest validation loss, from 1
    norm: float  # Euclidean, of all weights
    fit_seconds: float
    score_seconds: float
    error: str | None


class Plan(NamedTuple):
    """What every training of the grid needs, on whichever worker it runs."""

    estimator: Any  # with learned targets, without a network
    data: Examples
    settings: list[dict[str, Any]]  # of the network at each point of the grid
    optimizer: dict[str, Any]
    seeds: NDArray[np.int64]  # (repeats, folds)
    folds: list[tuple[Array, Array]]


def run_jobs(plan: Plan, jobs: list[Job], done: Callable[[Outcome], object]) -> None:
    """Runs trainings and scores them; `done` is called with each outcome, in this thread."""
    est = plan.estimator

    def fit_of(job: Job) -> Fit:
        settings = plan.settings[job.point]
        train_rows, test_rows = plan.folds[job.fold]
        make = partial(
            make_network, settings, plan.optimizer, int(plan.seeds[job.repeat, job.fold]),
            est.learning_rate_init, est.init,
        )
        waits = patience(est.n_iter_no_change, drops(settings["keep_prob"]))
        return Fit(
            make, train_rows, test_rows, est._batch_size(len(train_rows)), est.max_iter,
            bool(est.shuffle), 0 if math.isinf(waits) else int(waits), float(est.tol),
        )

    def take(number: int, fitted: Fitted | Exception) -> None:
        job = jobs[number]
        if isinstance(fitted, Exception):
            if not isinstance(fitted, FloatingPointError):
                raise fitted
            nan = math.nan
            done(Outcome(job, nan, 0, nan, nan, nan, str(fitted)))
            return
        start = perf_counter()
        score = est._fold_score(fitted.network, plan.data, plan.folds[job.fold][1])
        norm = math.sqrt(sum(float(np.sum(np.square(W, dtype=float))) for W, _ in fitted.network.weights))
        done(Outcome(job, score, fitted.best_epoch, norm, fitted.seconds, perf_counter() - start, None))

    fit_many(plan.data, [fit_of(job) for job in jobs], take)


def _outcomes(plan: Plan, jobs: list[Job]) -> list[Outcome]:
    found: list[Outcome] = []
    run_jobs(plan, jobs, found.append)
    return found


def _in_parallel(plan: Plan, jobs: list[Job], n_jobs: Any, keep_probs: int) -> Iterator[list[Outcome]]:
    """Outcomes of groups of jobs, by joblib's workers.

    A group is a few alphas of the same fold, repetition and keep_prob: long enough to be worth sending,
    short enough that the points of the grid are done one after the other.
    """
    groups: dict[Any, list[Job]] = {}
    for job in jobs:
        alpha, keep_prob = divmod(job.point, keep_probs)
        key = (alpha // _ALPHAS_OF_A_GROUP, keep_prob, job.repeat, job.fold)
        groups.setdefault(key, []).append(job)
    tasks = [delayed(_outcomes)(plan, group) for group in groups.values()]
    try:
        parallel = Parallel(n_jobs=n_jobs, return_as="generator_unordered")
    except (TypeError, ValueError):  # a backend that returns lists only
        parallel = Parallel(n_jobs=n_jobs)
    yield from parallel(tasks)


class BaseMLPCV(BaseNetwork):
    """Cross-validation over a grid of alpha and keep_prob, and a refit with the chosen point."""

    network_: MLP
    alphas_: NDArray[np.float64]
    keep_probs_: list[Any]
    alpha_: float
    keep_prob_: Any
    n_epochs_: int
    n_iter_: int
    n_splits_: int
    best_index_: int
    best_score_: float
    choices_: dict[str, int]
    cv_results_: dict[str, Any]
    scores_: NDArray[np.float64]
    loss_curve_: list[float]
    n_layers_: int
    out_activation_: str
    t_: int

    def __init__(
        self,
        hidden_layer_sizes: Any = (100,),
        activation: Any = "relu",
        *,
        alphas: Any = 6,
        alpha_ratio: float = 1e-4,
        keep_probs: Any = (1.0, 0.8, 0.5),
        cv: Any = None,
        scoring: Any = None,
        n_repeats: int = 1,
        rule: str = "best",
        n_jobs: int | None = None,
        progress: bool = False,
        solver: str = "adam",
        l1_ratio: float = 0.0,
        max_norm: float | None = None,
        batch_size: int | str = "auto",
        learning_rate_init: float = 0.003,
        max_iter: int = 500,
        shuffle: bool = True,
        random_state: Any = None,
        tol: float = 1e-4,
        momentum: float = 0.9,
        nesterovs_momentum: bool = True,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        weight_decay: float = 0.01,
        clip_norm: float | None = None,
        n_iter_no_change: float | str = "auto",
        init: str = "xavier",
    ) -> None:
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.alphas = alphas
        self.alpha_ratio = alpha_ratio
        self.keep_probs = keep_probs
        self.cv = cv
        self.scoring = scoring
        self.n_repeats = n_repeats
        self.rule = rule
        self.n_jobs = n_jobs
        self.progress = progress
        self.solver = solver
        self.l1_ratio = l1_ratio
        self.max_norm = max_norm
        self.batch_size = batch_size
        self.learning_rate_init = learning_rate_init
        self.max_iter = max_iter
        self.shuffle = shuffle
        self.random_state = random_state
        self.tol = tol
        self.momentum = momentum
        self.nesterovs_momentum = nesterovs_momentum
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.weight_decay = weight_decay
        self.clip_norm = clip_norm
        self.n_iter_no_change = n_iter_no_change
        self.init = init

    @abstractmethod
    def _fold_loss(self, network: MLP, data: Examples, rows: Array) -> float:
        """The mean loss of rows whose negative is the default score."""

    # ---- The grid --------------------------------------------------------------------------

    def _check(self) -> dict[str, Any]:
        parameters = self.get_params(deep=False)
        check_parameters(parameters)
        check_choice("rule", self.rule, _RULES)
        check_number("n_repeats", self.n_repeats, Integral, 1, None, "left")
        check_number("alpha_ratio", self.alpha_ratio, Real, 0, 1, "neither")
        if isinstance(self.alphas, Integral):
            check_number("alphas", self.alphas, Integral, 1, None, "left")
        else:
            _check_list("alphas", self.alphas, "an integer or numbers")
            for i, alpha in enumerate(self.alphas):
                check_number(f"alphas[{i}]", alpha, Real, 0, None, "left")
        if not isinstance(self.keep_probs, Real):
            _check_list("keep_probs", self.keep_probs, "numbers, or sequences of one for each layer")
        return parameters

    def _grid_alphas(self, data: Examples) -> NDArray[np.float64]:
        """The values given, or so many on a log scale up to the largest that matters.

        That is m * ||X' (Y - mean Y)|| / n, the spectral norm, for m examples in a batch: with the L2
        penalty of such an alpha, no hidden unit lowers the loss, to first order, by more than its
        weights cost. With weights, sums and means are weighted, and m is the batch's mean sum of weights.
        """
        if not isinstance(self.alphas, Integral):
            return np.unique(np.asarray(self.alphas, dtype=np.float64))
        weights = np.ones(data.size) if data.weights is None else data.weights.astype(np.float64)
        residuals = data.Y - np.average(data.Y, axis=0, weights=weights)
        moments = data.X.T @ (residuals * weights[:, None]) / weights.sum()
        m = self._batch_size(data.size) * float(weights.mean())
        largest = m * float(np.linalg.norm(moments, 2))
        if not 0 < largest < math.inf:
            largest = 1.0
        if self.alphas == 1:
            return np.array([largest * math.sqrt(self.alpha_ratio)])
        steps = np.arange(1 - int(self.alphas), 1) / (int(self.alphas) - 1)
        grid: NDArray[np.float64] = largest * self.alpha_ratio ** -steps
        return grid

    def _batch_size(self, n: int) -> int:
        return min(200, n) if isinstance(self.batch_size, str) else min(int(self.batch_size), n)

    def _fold_score(self, network: MLP, data: Examples, rows: Array) -> float:
        if self.scoring is None:
            return -self._fold_loss(network, data, rows)
        held_out = data.rows(rows)
        judged: Any = copy.copy(self)
        judged.__dict__.pop("feature_names_in_", None)
        judged.network_, judged._seed = network, network.seed
        scorer = check_scoring(judged, scoring=self.scoring)
        weighted = held_out.weights is not None and hasattr(scorer, "_score_func")
        weights = {"sample_weight": held_out.weights} if weighted else {}
        return float(scorer(judged, held_out.X, held_out.y, **weights))

    # ---- Training --------------------------------------------------------------------------

    def fit(self, X: Any, y: Any, sample_weight: Any = None, *, groups: Any = None) -> Self:
        """Chooses alpha and keep_prob by cross-validation, and trains with them on all examples.

        Parameters
        ----------
        X, y, sample_weight : as `MLPClassifier.fit` and `MLPRegressor.fit` take them; the weights
            count in training, in the fold's loss and in the score.
        groups : (n_samples,) labels of groups, for a splitter `cv` that needs them.

        Returns self. Ctrl-C ends the search: the choice is made among the points of the grid that are
        done, with a warning; if there are none, KeyboardInterrupt comes. Any exception leaves the
        estimator as it was.

        Raises
        ------
        ValueError, TypeError : a parameter or an argument that cannot be used.
        FloatingPointError : no training had a finite loss. ImportError : progress without tqdm.
        """
        with whole_or_not(self):
            parameters = self._check()
            data, folds = self._examples_and_folds(X, y, sample_weight, groups)
            plan, grid = self._plan(parameters, data, folds)
            found = self._search(plan, len(grid))
            self._record(grid, found, len(folds))
            self._choose(grid)
            self._refit(plan)
        return self

    def _examples_and_folds(
        self, X: Any, y: Any, sample_weight: Any, groups: Any
    ) -> tuple[Examples, list[tuple[Array, Array]]]:
        X, y, groups = indexable(X, y, groups)
        total = X.shape[0] if hasattr(X, "shape") else len(X)
        cv = self.cv
        given = None
        if isinstance(cv, Iterable) and not hasattr(cv, "split"):
            given = [(np.asarray(a), np.asarray(b)) for a, b in cv]
            given = [tuple(np.arange(total)[rows] for rows in fold) for fold in given]
        numbers = np.arange(total)
        if sample_weight is not None:
            numbers = weighted_rows(numbers, numbers, sample_weight, "sample_weight")[0]
        X, y, weights = weighted_rows(X, y, sample_weight, "sample_weight")
        if weights is not None and len(weights) == 0:
            raise ValueError("sample_weight must have a weight above 0, got only zeros")
        X, y = self._arrays(X, y, reset=True, dtype=(np.float64, np.float32))
        self._learn_targets(y, weights, True, False)
        data = self._examples(X, y, weights, "sample_weight")
        # Examples of a class of weight 0 are left out.
        own = self._class_weights(self._encode(y, X.dtype))
        kept = np.ones(len(numbers), bool) if own is None else own > 0
        if groups is not None:
            groups = np.asarray(groups)[numbers][kept]
        if given is None:
            splitter = check_cv(cv, data.y, classifier=is_classifier(self))
            splits = splitter.split(np.zeros((data.size, 1)), data.y, groups)
            numbers = np.arange(data.size)
            return data, [(numbers[a], numbers[b]) for a, b in splits]
        place = np.full(total, -1)
        place[numbers[kept]] = np.arange(data.size)
        folds = [(place[a][place[a] >= 0], place[b][place[b] >= 0]) for a, b in given]
        for i, fold in enumerate(folds):
            if min(map(len, fold)) == 0:
                raise ValueError(f"cv has no examples of a weight above 0 in a part of split {i}")
        return data, folds

    def _plan(
        self, parameters: dict[str, Any], data: Examples, folds: list[tuple[Array, Array]]
    ) -> tuple[Plan, list[dict[str, Any]]]:
        self.n_splits_ = len(folds)
        if self.n_splits_ == 0:
            raise ValueError("cv has no splits")
        self.alphas_ = self._grid_alphas(data)
        self.keep_probs_ = [self.keep_probs] if isinstance(self.keep_probs, Real) else list(self.keep_probs)
        grid = [{"alpha": float(a), "keep_prob": k} for a in self.alphas_ for k in self.keep_probs_]
        loss, self.out_activation_ = self._loss()
        widths = (data.X.shape[1], *hidden_widths(self.hidden_layer_sizes), self.n_outputs_)
        dtype = "float32" if data.X.dtype == np.float32 else "float64"
        settings = [network_settings({**parameters, **point}, widths, loss, dtype) for point in grid]
        self.n_layers_ = len(widths)
        self._warn_of_scale(data)
        for setting in settings:
            low = keep_prob_warning(setting["keep_prob"])
            if low is not None:
                self._warn("keep_prob", f"has {low}", UserWarning)
                break
        random_state = random_state_of(self.random_state)
        seeds = random_state.randint(2**63 - 1, size=(self.n_repeats, len(folds)), dtype=np.int64)
        self._seed = drawn_seed(random_state)
        sent: Any = copy.copy(self)
        # What the workers need not, and may be unable to take.
        sent.cv = sent.random_state = None
        return Plan(sent, data, settings, optimizer_settings(parameters), seeds, folds), grid

    def _search(self, plan: Plan, points: int) -> list[Outcome]:
        jobs = [
            Job(point, repeat, fold)
            for point in range(points)
            for repeat in range(int(self.n_repeats))
            for fold in range(len(plan.folds))
        ]
        found: list[Outcome] = []
        bar = _bar(len(jobs)) if self.progress else None

        def done(outcome: Outcome) -> None:
            found.append(outcome)
            if bar is not None:
                bar.update(1)

        try:
            if effective_n_jobs(self.n_jobs) == 1:
                run_jobs(plan, jobs, done)
            else:
                for group in _in_parallel(plan, jobs, self.n_jobs, len(self.keep_probs_)):
                    for outcome in group:
                        done(outcome)
        except KeyboardInterrupt:
            counts = np.bincount([o.job.point for o in found], minlength=points)
            complete = int((counts == len(jobs) // points).sum())
            if complete == 0:
                raise
            self._warn(
                "interrupted",
                f"was interrupted by the user: alpha and keep_prob are chosen among the {complete} of"
                f" {points} points of the grid that are done",
                UserWarning,
            )
        finally:
            if bar is not None:
                bar.close()
        return found

    # ---- The choice ------------------------------------------------------------------------

    def _record(self, grid: list[dict[str, Any]], found: list[Outcome], folds: int) -> None:
        """cv_results_ and scores_: the means over the repetitions, for each fold."""
        shape = (len(grid), int(self.n_repeats), folds)
        values = {name: np.full(shape, np.nan) for name in ("score", "epochs", "norm", "fit", "score_time")}
        failed = [outcome.error for outcome in found if outcome.error is not None]
        for o in found:
            measured = (o.score, o.epochs or math.nan, o.norm, o.fit_seconds, o.score_seconds)
            for array, value in zip(values.values(), measured):
                array[o.job] = value
        if failed:
            if len(failed) == len(found):
                raise FloatingPointError(f"no training had a finite loss: {failed[0]}")
            self._warn(
                "failed",
                f"had {len(failed)} of {len(found)} trainings fail, whose points of the grid are not"
                f" chosen: {failed[0]}",
            )
        scores = values["score"].mean(axis=1)
        mean, n = scores.mean(axis=1), len(grid)
        results: dict[str, Any] = {}
        for name, array in (("fit_time", values["fit"]), ("score_time", values["score_time"])):
            results[f"mean_{name}"] = array.reshape(n, -1).mean(axis=1)
            results[f"std_{name}"] = array.reshape(n, -1).std(axis=1)
        results["param_alpha"] = np.ma.MaskedArray([point["alpha"] for point in grid], mask=False)
        keep_probs = np.empty(n, dtype=object)
        keep_probs[:] = [point["keep_prob"] for point in grid]
        if all(isinstance(k, Real) for k in keep_probs):
            keep_probs = keep_probs.astype(np.float64)
        results["param_keep_prob"] = np.ma.MaskedArray(keep_probs, mask=False)
        results["params"] = grid
        for fold in range(folds):
            results[f"split{fold}_test_score"] = scores[:, fold]
        results["mean_test_score"], results["std_test_score"] = mean, scores.std(axis=1)
        results["rank_test_score"] = rankdata(
            -np.where(np.isnan(mean), -np.inf, mean), method="min"
        ).astype(np.int32)
        results["se_test_score"] = (
            scores.std(axis=1, ddof=1) / math.sqrt(folds) if folds > 1 else np.zeros(n)
        )
        results["mean_n_epochs"] = values["epochs"].reshape(n, -1).mean(axis=1)
        results["median_n_epochs"] = np.median(values["epochs"].reshape(n, -1), axis=1)
        results["mean_weight_norm"] = values["norm"].reshape(n, -1).mean(axis=1)
        self.cv_results_ = results
        self.scores_ = scores.reshape(len(self.alphas_), len(self.keep_probs_), folds)

    def _choose(self, grid: list[dict[str, Any]]) -> None:
        mean = self.cv_results_["mean_test_score"]
        if np.isnan(mean).all():
            raise FloatingPointError("no point of the grid has a score in every fold")
        best = int(np.nanargmax(mean))
        near = mean >= mean[best] - self.cv_results_["se_test_score"][best]

        def simplicity(point: int) -> tuple[float, float]:
            return grid[point]["alpha"], -float(np.mean(np.asarray(grid[point]["keep_prob"], float)))

        self.choices_ = {"best": best, "1se": max(np.flatnonzero(near).tolist(), key=simplicity)}
        self.best_index_ = self.choices_[self.rule]
        self.best_score_ = float(mean[self.best_index_])
        self.alpha_ = grid[self.best_index_]["alpha"]
        self.keep_prob_ = grid[self.best_index_]["keep_prob"]
        self.n_epochs_ = max(1, round(float(self.cv_results_["median_n_epochs"][self.best_index_])))
        if self.n_epochs_ >= self.max_iter:
            self._warn(
                "max_iter",
                f"chose a network whose validation loss was still falling after max_iter={self.max_iter}"
                " epochs",
            )

    def _refit(self, plan: Plan) -> None:
        data = plan.data
        self.network_ = make_network(
            plan.settings[self.best_index_], plan.optimizer, self._seed, self.learning_rate_init, self.init
        )
        self.loss_curve_ = train_network(
            self.network_, data, self.n_epochs_, self._batch_size(data.size), bool(self.shuffle)
        )
        self.n_iter_ = self.n_epochs_
        self.t_ = self.n_epochs_ * data.size


def _check_list(name: str, value: Any, wanted: str) -> None:
    if isinstance(value, str) or not isinstance(value, Iterable):
        raise TypeError(f"{name} must be {wanted}, got {value!r}")
    if len(list(value)) == 0:
        raise ValueError(f"{name} must not be empty")


def _bar(total: int) -> Any:
    try:
        from tqdm.auto import tqdm
    except ImportError as error:
        from swiftreg._extras import missing

        raise missing("progress=True needs", "tqdm", "progress") from error
    return tqdm(total=total, unit="fit")
