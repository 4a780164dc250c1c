"""Scores that are accumulated block by block."""

import numpy as np

from sknn.estimators.regressor import scored


class MeanScore:
    """A score that is a mean over samples. Each block has the total weight of its samples.

    score: (z, y, weight) -> float, for raw outputs and encoded targets
    """

    def __init__(self, score):
        self.score = score
        self.total = self.weight_sum = 0.0

    def add(self, z, y, weight):
        """Adds a block; weight: (n,), or None."""
        weight_sum = float(len(y) if weight is None else weight.sum(dtype=float))
        if weight_sum > 0:
            self.total += self.score(z, y, weight) * weight_sum
            self.weight_sum += weight_sum

    def join(self, other):
        """Adds the blocks of another score."""
        self.total += other.total
        self.weight_sum += other.weight_sum

    def value(self):
        """The score of all blocks so far, or nan if all weights are zero."""
        return self.total / self.weight_sum if self.weight_sum else np.nan


class R2Score:
    """The mean R2 of the columns, like ``sklearn.metrics.r2_score``.

    Squared deviations are taken from the mean of each block, and the means are joined as in Chan et
    al. (1979), eq. 1.5. This way, targets far from zero lose no precision.
    """

    def __init__(self, loss=None):
        self.loss = loss
        self.n, self.weight_sum = 0, 0.0
        self.mean = self.squares = self.residuals = 0.0

    def add(self, z, y, weight):
        """Adds raw outputs (n, n_outputs), targets (n, n_targets) and weights (n,) or None."""
        self.add_predicted(scored(self.loss.predict(z), self.loss), y, weight)

    def add_predicted(self, predicted, y, weight):
        """Like ``add``, for predictions (n, n_targets)."""
        y, predicted = y.astype(float), predicted.astype(float)
        weight = np.ones(len(y)) if weight is None else weight.astype(float)
        block = R2Score()
        block.n, block.weight_sum = len(y), weight.sum()
        block.residuals = weight @ np.square(y - predicted)
        if block.weight_sum > 0:
            block.mean = weight @ y / block.weight_sum
            block.squares = weight @ np.square(y - block.mean)
        self.join(block)

    def join(self, other):
        """Adds the blocks of another score."""
        self.n += other.n
        self.residuals = self.residuals + other.residuals
        if other.weight_sum == 0:
            return
        total = self.weight_sum + other.weight_sum
        apart = other.mean - self.mean
        between = np.square(apart) * self.weight_sum * other.weight_sum / total
        self.squares = self.squares + other.squares + between
        self.mean = self.mean + apart * other.weight_sum / total
        self.weight_sum = total

    def value(self):
        """R2 of all blocks so far; nan for fewer than two samples or predictions not finite."""
        if self.n < 2 or not np.isfinite(self.residuals).all():
            return np.nan
        unexplained = np.divide(
            self.residuals, self.squares, out=np.zeros_like(self.squares), where=self.squares > 0
        )
        unexplained[(self.squares == 0) & (self.residuals > 0)] = 1  # as in scikit-learn
        return float(np.mean(1 - unexplained))
