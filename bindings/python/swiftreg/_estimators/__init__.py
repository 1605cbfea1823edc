"""The scikit-learn estimators; importing this package needs the extra "sklearn"."""

from swiftreg._estimators._classifier import MLPClassifier
from swiftreg._estimators._cv_estimators import MLPClassifierCV, MLPRegressorCV
from swiftreg._estimators._regressor import MLPRegressor

__all__ = ["MLPClassifier", "MLPClassifierCV", "MLPRegressor", "MLPRegressorCV"]
