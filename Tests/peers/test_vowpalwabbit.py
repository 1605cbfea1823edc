"""swiftreg.MLP against Vowpal Wabbit: at the optimum that it finds, the gradient here is 0."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import vowpalwabbit

from networks import Array, carried, optimality
from swiftreg import MLP, CarryOverWarning, carry_over

EXAMPLES, FEATURES, CONSTANT = 60, 4, 11650396  # the hash of the constant's name
TOLERANCE, D = 1e-5, 3.0
WIDE = "--min_prediction -100 --max_prediction 100"


def data(loss: str) -> tuple[Array, Array]:
    rng = np.random.default_rng(2)
    X = rng.normal(size=(EXAMPLES, FEATURES))
    y = X @ [1.0, -2.0, 0.5, 1.0] + 1.5 + rng.normal(size=EXAMPLES)
    return X, y if loss == "squared" else (y > 1).astype(float)


def trained(folder: Path, loss: str, arguments: str) -> MLP:
    """A network with the weights that Vowpal Wabbit finds."""
    X, y = data(loss)
    labels = y if loss == "squared" else 2 * y - 1
    lines = [
        f"{label:.9g} | " + " ".join(f"f{i}:{value:.9g}" for i, value in enumerate(row))
        for row, label in zip(X, labels)
    ]
    (folder / "data").write_text("\n".join(lines) + "\n")
    workspace = vowpalwabbit.Workspace(
        f"-d {folder / 'data'} --cache_file {folder / 'cache'} -k --bfgs --passes 400 --termination 1e-14 "
        f"--l2 {D} --loss_function {loss} --predict_only_model --quiet {arguments}"
    )
    workspace.run_parser()
    there = {"l2": D, "loss_function": loss, "no_bias_regularization": True, "holdout_off": True}
    made = MLP([FEATURES, 1], dtype="float64", **carried("vw.bfgs", **there))
    ((W, b),) = made.weights
    W[0] = [workspace.get_weight_from_name(f"f{i}") for i in range(FEATURES)]
    b[0] = workspace.get_weight(CONSTANT & (2**18 - 1))
    workspace.finish()
    return made


def distance(made: MLP, loss: str) -> float:
    X, y = data(loss)
    return optimality(made, X, y[:, None])


@pytest.mark.parametrize("loss", ["squared", "logistic"])
def test_bfgs(loss: str, tmp_path: Path) -> None:
    made = trained(tmp_path, loss, f"--no_bias_regularization --holdout_off {WIDE}")
    assert distance(made, loss) < TOLERANCE
    wrong = MLP(made.layer_dims, dtype="float64", loss=made.loss, l2=2 * made.l2[0])
    wrong.parameters[:] = made.parameters
    assert distance(wrong, loss) > 1e-2


def test_bias_regularization(tmp_path: Path) -> None:
    made = trained(tmp_path, "logistic", "--holdout_off")
    assert distance(made, "logistic") > 1e-2
    X, y = data("logistic")
    made.gradient(X, y)
    np.testing.assert_allclose(made.gradients[-1], -D * made.parameters[-1] / EXAMPLES, atol=TOLERANCE)
    with pytest.warns(CarryOverWarning, match="constant"):
        carry_over("vw.bfgs", l2=D, loss_function="logistic", holdout_off=True)


@pytest.mark.parametrize("arguments", [WIDE, "--holdout_off"])
def test_holdout_and_range(arguments: str, tmp_path: Path) -> None:
    made = trained(tmp_path, "squared", f"--no_bias_regularization {arguments}")
    assert distance(made, "squared") > 1e-3
    with pytest.warns(CarryOverWarning, match="holdout_off|min_prediction"):
        carry_over("vw.bfgs", l2=D, no_bias_regularization=True)


def test_dropout_has_no_equal() -> None:
    with pytest.raises(ValueError, match="no equal"):
        carry_over("vw.dropout")
    workspace = vowpalwabbit.Workspace("--nn 3 --dropout --quiet")
    outputs = {workspace.predict("| a:1 b:2") for _ in range(5)}
    workspace.finish()
    assert len(outputs) == 1
