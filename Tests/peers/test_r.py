"""swiftreg.MLP against R's nnet, glmnet and MASS: at the optimum that they find, the gradient here is 0."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from networks import Array, carried, optimality
from swiftreg import MLP, CarryOverWarning, carry_over
from swiftreg._carry_over import LIBRARIES

TOLERANCE = 1e-6
EXAMPLES, FEATURES, CLASSES = 60, 4, 3


def r(folder: Path, script: str, **arrays: Array) -> Array:
    """What the R expression gives, of these arrays."""
    for name, values in arrays.items():
        np.savetxt(folder / name, values, fmt="%.17g", delimiter=",")
    read = "\n".join(f"{name} <- as.matrix(read.csv('{folder / name}', header=FALSE))" for name in arrays)
    program = f"""
{read}
result <- {{ {script} }}
write(format(as.vector(result), digits=17), '{folder / "result"}', ncolumns=1)
"""
    done = subprocess.run(["Rscript", "-e", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return np.loadtxt(folder / "result")


def inputs() -> Array:
    return np.random.default_rng(2).normal(size=(EXAMPLES, FEATURES)) * [1.0, 2.0, 0.5, 1.5]


def values(outputs: int = 1) -> Array:
    rng = np.random.default_rng(8)
    noise = rng.normal(size=(EXAMPLES, outputs))
    return 3 + inputs() @ rng.normal(size=(FEATURES, outputs)) * 2 + noise


def labels() -> Array:
    return np.digitize(values()[:, 0], [1.0, 4.5])


def test_versions(tmp_path: Path) -> None:
    named = {"glmnet": "4.1.6", "nnet": "7.3.18", "MASS": "7.3.58.2"}
    same = " && ".join(f"packageVersion('{package}') == '{version}'" for package, version in named.items())
    if not r(tmp_path, f"as.numeric({same})"):
        pytest.skip("other versions of these packages than those that the table names")
    assert any(library.version == "4.1-6" for library in LIBRARIES)


# ---- nnet ----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["entropy", "linout", "softmax"])
def test_nnet(kind: str, tmp_path: Path) -> None:
    decay, hidden = 0.05, 3
    Y = {
        "entropy": (labels() > 0)[:, None].astype(float), "linout": values() / 4,
        "softmax": np.eye(CLASSES)[labels()],
    }[kind]
    outputs = Y.shape[1]
    # Weights into a unit in turn, its bias first.
    of_layer = [[0, *[1] * FEATURES] * hidden, [0, *[1] * hidden] * outputs]
    weights = r(
        tmp_path,
        f"""library(nnet); set.seed(4)
        nnet(X, Y, size={hidden}, decay={decay} * as.vector(D), {kind}=TRUE, Wts=as.vector(W), maxit=100000,
             reltol=1e-300, abstol=1e-300, trace=FALSE)$wts""",
        X=inputs(), Y=Y, D=np.concatenate(of_layer),
        W=np.random.default_rng(1).normal(size=sum(map(len, of_layer))) / 2,
    )  # fmt: skip
    made = MLP([FEATURES, hidden, outputs], dtype="float64", **carried("r.nnet", decay=decay, **{kind: True}))
    first = hidden * (FEATURES + 1)
    for (W, b), part in zip(made.weights, (weights[:first], weights[first:])):
        rows = part.reshape(len(b), -1)
        W[:], b[:] = rows[:, 1:], rows[:, 0]
    assert optimality(made, inputs(), Y) < TOLERANCE
    wrong = MLP(made.layer_dims, dtype="float64", activation="sigmoid", loss=made.loss, l2=made.l2[0] * 1.5)
    wrong.parameters[:] = made.parameters
    assert optimality(wrong, inputs(), Y) > 100 * TOLERANCE
    with pytest.warns(CarryOverWarning, match="biases"):
        carry_over("r.nnet", decay=decay, softmax=True)
    with pytest.raises(ValueError, match="one of entropy"):
        carry_over("r.nnet", decay=decay)


# ---- glmnet --------------------------------------------------------------------------------


def glmnet(
    folder: Path, family: str, X: Array, Y: Array, lambda_: float, alpha: float, standardize: bool = False
) -> tuple[Array, Array]:
    """Its weights (outputs, features) and intercepts."""
    y = "Y" if Y.shape[1] > 1 else "as.vector(Y)"
    if family == "multinomial":
        y = "apply(Y, 1, which.max)"
    found = r(
        folder,
        f"""suppressMessages(library(glmnet))
        family <- {family if family.endswith(")") else repr(family)}
        fit <- glmnet(X, {y}, family=family, lambda={lambda_}, alpha={alpha}, thresh=1e-22, maxit=1e7,
                      standardize={str(standardize).upper()})
        if (is.list(fit$beta)) rbind(do.call(cbind, lapply(fit$beta, as.vector)), as.vector(fit$a0))
        else c(as.vector(fit$beta), fit$a0)""",
        X=X, Y=Y,
    )  # fmt: skip
    found = found.reshape(-1, X.shape[1] + 1)
    return found[:, :-1], found[:, -1]


def linear(X: Array, Y: Array, weights: tuple[Array, Array], **settings: Any) -> MLP:
    made = MLP([X.shape[1], Y.shape[1]], dtype="float64", **settings)
    ((W, b),) = made.weights
    W[:], b[:] = weights
    return made


@pytest.mark.parametrize("alpha", [0.0, 0.4, 1.0])
def test_glmnet_gaussian(alpha: float, tmp_path: Path) -> None:
    X, Y = inputs(), values()
    found = glmnet(tmp_path, "gaussian", X, Y, 0.7, alpha)
    there = {"lambda_": 0.7, "alpha": alpha, "examples": EXAMPLES, "standardize": False}
    made = linear(X, Y, found, **carried("r.glmnet", deviation=float(Y.std()), **there))
    assert optimality(made, X, Y) < TOLERANCE
    plain = linear(X, Y, found, **carried("r.glmnet", family="gaussian()", **there))
    assert optimality(plain, X, Y) < TOLERANCE if alpha == 1 else optimality(plain, X, Y) > 0.1


@pytest.mark.parametrize("family", ["gaussian()", "mgaussian"])
def test_glmnet_gaussian_object(family: str, tmp_path: Path) -> None:
    alpha, outputs = (0.0, 2) if family == "mgaussian" else (0.4, 1)
    X, Y = inputs(), values(outputs)
    found = glmnet(tmp_path, family, X, Y, 0.7, alpha)
    there = {"family": family, "lambda_": 0.7, "alpha": alpha, "examples": EXAMPLES, "standardize": False}
    made = linear(X, Y, found, **carried("r.glmnet", **there))
    assert optimality(made, X, Y) < TOLERANCE


@pytest.mark.parametrize("family", ["binomial", "multinomial"])
@pytest.mark.parametrize("alpha", [0.0, 0.4])
def test_glmnet_classes(family: str, alpha: float, tmp_path: Path) -> None:
    X = inputs()
    Y = np.eye(CLASSES)[labels()] if family == "multinomial" else (labels() > 0)[:, None].astype(float)
    found = glmnet(tmp_path, family, X, Y, 0.05, alpha)
    there = {"family": family, "lambda_": 0.05, "alpha": alpha, "examples": EXAMPLES, "standardize": False}
    made = linear(X, Y, found, **carried("r.glmnet", **there))
    assert optimality(made, X, Y) < TOLERANCE
    wrong = linear(X, Y, found, loss=made.loss, l2=made.l2[0] * 1.5 + 0.1, l1=made.l1[0])
    assert optimality(wrong, X, Y) > 1e-4


def test_glmnet_standardize(tmp_path: Path) -> None:
    X, Y = inputs(), values()
    W, b = glmnet(tmp_path, "gaussian", X, Y, 0.7, 0.4, standardize=True)
    there = {"lambda_": 0.7, "alpha": 0.4, "examples": EXAMPLES, "deviation": float(Y.std())}
    with pytest.warns(CarryOverWarning, match="standardize"):
        settings = carry_over("r.glmnet", **there)
    made = linear(X / X.std(axis=0), Y, (W * X.std(axis=0), b), **settings)
    assert optimality(made, X / X.std(axis=0), Y) < TOLERANCE


# ---- MASS ----------------------------------------------------------------------------------


def test_lm_ridge(tmp_path: Path) -> None:
    X, Y, lambda_ = inputs(), values(), 8.0
    sample_weight = np.random.default_rng(5).uniform(0.1, 3.0, size=EXAMPLES)

    def lm_ridge(arguments: str) -> Array:
        program = f"coef(MASS::lm.ridge(as.vector(Y) ~ X, lambda={lambda_}{arguments}))"
        return r(tmp_path, program, X=X, Y=Y, S=sample_weight)

    found = lm_ridge("")
    assert np.array_equal(lm_ridge(", weights=as.vector(S)"), found)
    with pytest.warns(CarryOverWarning) as caveats:
        settings = carry_over("r.lm.ridge", lambda_=lambda_, weights=sample_weight.tolist())
    assert [str(caveat.message).split()[1] for caveat in caveats] == ["standardizes:", "ignores"]
    deviations = X.std(axis=0)
    weights = (found[None, 1:] * deviations, found[:1])
    assert optimality(linear(X / deviations, Y, weights, **settings), X / deviations, Y) < TOLERANCE
    unscaled = linear(X, Y, (found[None, 1:], found[:1]), **settings)
    assert optimality(unscaled, X, Y) > 1e-3
