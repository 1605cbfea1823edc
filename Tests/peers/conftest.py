"""Names the versions that a run compares with."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

PACKAGES = (
    "swiftreg", "numpy", "torch", "keras", "optax", "jax", "mlx-cpu", "paddlepaddle", "xgboost",
    "vowpalwabbit", "h2o", "mindspore", "tinygrad", "fann2",
)  # fmt: skip


def pytest_report_header() -> str:
    found = []
    for package in PACKAGES:
        try:
            found.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            continue
    return ", ".join(found)
