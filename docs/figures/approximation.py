"""Approximation of a curve by networks with one hidden layer of 1, 2, 5 and 20 tanh units."""

import matplotlib.pyplot as plt
import numpy as np

from sknn import MLPRegressor

x = np.linspace(-3, 3, 200)
y = np.sin(3 * x) + 0.3 * x**2
figure, axes = plt.subplots(1, 4, figsize=(9, 2.6), sharey=True)
for ax, units in zip(axes, [1, 2, 5, 20], strict=True):
    reg = MLPRegressor(
        hidden_layer_sizes=(units,),
        activation="tanh",
        solver="lbfgs",
        alpha=0,
        tol=1e-6,
        max_iter=5000,
        random_state=0,
    ).fit(x[:, None], y)
    predicted = reg.predict(x[:, None])
    ax.plot(x, y, color="0.7", linewidth=4, label="target")
    ax.plot(x, predicted, color="#0072B2", linewidth=1.5, label="network")
    unit = "unit" if units == 1 else "units"
    ax.set(title=f"{units} {unit}: error {np.abs(predicted - y).max():.2f}", xlabel="x")
axes[0].set_ylabel("y")
axes[0].legend(frameon=False)
