"""How do I write my own activation and loss?

Each is a class, which is used in the same way as the built-in ones.
"""

import numpy as np
from sklearn.datasets import load_diabetes
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.preprocessing import scale

from sknn import MLPRegressor
from sknn.nn import Activation, Constant, Loss, Parameter, Range


class Sine(Activation):
    """f(z) = sin(frequency * z), with a learnable frequency for each unit."""

    needs = "z"
    valid = {"frequency": Range(0)}  # a number above 0; other values raise an error

    def __init__(self, frequency=1.0):
        self.frequency = frequency

    def parameters(self, units):
        return [Parameter("frequency", (1, units), Constant(self.frequency), decay=False)]

    def forward(self, z, out, params):
        np.sin(params["frequency"] * z, out=out)

    def backward(self, z, a, dy, params, grads):
        frequency = params["frequency"]
        dy *= np.cos(frequency * z)
        np.sum(dy * z, axis=0, keepdims=True, out=grads["frequency"])
        dy *= frequency


class Cauchy(Loss):
    """log(1 + (z - y)^2 / (2 scale^2)), which is robust to outliers."""

    valid = {"scale": Range(0)}

    def __init__(self, scale=1.0):
        self.scale = scale

    def sum_and_gradient(self, y, z, weight, out):
        residual = (z - y) / self.scale
        losses = np.log1p(0.5 * residual**2)
        np.divide(residual, self.scale * (1 + 0.5 * residual**2), out=out)
        if weight is not None:
            losses = losses * weight
            out *= weight
        return float(losses.sum())


X, y = load_diabetes(return_X_y=True)
X, y = scale(X), scale(y)
X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
spoilt = y_train.copy()
spoilt[::20] += 20  # every twentieth target becomes an outlier

reg = MLPRegressor(hidden_layer_sizes=20, learning_rate="cosine", alpha=1, random_state=0)
search = GridSearchCV(
    reg,
    {"activation": ["tanh", Sine()], "loss": ["squared_error", Cauchy()]},
    scoring="neg_median_absolute_error",
    cv=3,
)
search.fit(X_train, spoilt)
for settings, score in zip(
    search.cv_results_["params"], search.cv_results_["mean_test_score"], strict=True
):
    names = {k: v if isinstance(v, str) else type(v).__name__ for k, v in settings.items()}
    print(f"{names['activation']:5s} {names['loss']:14s} median error {-score:.3f}")
print(f"Best on clean test data: R2 {search.best_estimator_.score(X_test, y_test):.3f}")
