"""Paths of optimisers down a long, narrow valley."""

import matplotlib.pyplot as plt
import numpy as np

from sknn.nn import SGD, Adam

CURVATURE = np.array([1.0, 30.0])
START = np.array([-9.0, 2.0])


def path(optimizer, rate, steps=30):
    """Returns the points that an optimiser visits while it minimises 1/2 (x^2 + 30 y^2)."""
    theta = START.copy()
    moments = optimizer.start(theta)
    points = [theta.copy()]
    for _ in range(steps):
        optimizer.step(theta, CURVATURE * theta, rate, moments)
        points.append(theta.copy())
    return np.array(points)


paths = {
    "Gradient descent": path(SGD(momentum=0), 0.06),
    "Momentum": path(SGD(momentum=0.6, nesterov=False), 0.06),
    "Adam": path(Adam(), 0.5),
}
x, y = np.meshgrid(np.linspace(-10, 3, 200), np.linspace(-2.5, 2.5, 200))
height = 0.5 * (CURVATURE[0] * x**2 + CURVATURE[1] * y**2)
figure, axes = plt.subplots(1, 3, figsize=(9, 2.6), sharey=True)
for ax, (name, points) in zip(axes, paths.items(), strict=True):
    ax.contour(x, y, height, levels=np.geomspace(0.5, 150, 9), colors="0.75", linewidths=0.8)
    ax.plot(*points.T, "o-", color="#0072B2", markersize=2.5, linewidth=1)
    ax.plot(0, 0, "x", color="black")
    ax.set(title=name, xlabel=r"$\theta_1$")
axes[0].set_ylabel(r"$\theta_2$")
