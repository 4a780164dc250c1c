"""Initial weights, drawn with a variance that keeps the scale of signals from layer to layer."""

from dataclasses import replace
from typing import Any

import numpy as np

from sknn.nn.names import hint
from sknn.nn.ranges import NOT_NEGATIVE, NUMBER, POSITIVE, Range, shown
from sknn.nn.settings import Settings


class Initializer(Settings):
    """Base class of initialisers, which draw the initial values of a parameter.

    An initialiser is called with a ``numpy.random.RandomState``, the shape of the parameter, the
    number of inputs and of outputs of its layer (fan_in, fan_out), and the Activation of the layer.
    It returns float64. Biases are initialised to zero unless ``biases`` is True.

    An initialiser with ``adapts=True`` modifies the drawn values when training rows are known.
    """

    biases = False
    adapts = False

    def __call__(self, random_state, shape, fan_in, fan_out, activation):
        raise NotImplementedError

    def adapt(self, values: np.ndarray, z: np.ndarray, random_state: Any) -> np.ndarray:
        """The initial values after training rows are known; see ``adapts``.

        values: as drawn, (n_in, units), or (1, units) for biases    z: (n, units), the weighted
        sums of at most 1,024 rows, without biases
        """
        return values


class GlorotUniform(Initializer):
    """U(-r, r) with r = sqrt(6 / (fan_in + fan_out)); Glorot & Bengio (2010), eq. 16."""

    def __call__(self, random_state, shape, fan_in, fan_out, activation):
        return _uniform(random_state, shape, 2 / (fan_in + fan_out))


class ScikitLearn(Initializer):
    """U(-r, r) with r = sqrt(factor / (fan_in + fan_out)), for both weights and biases.

    With ``factor=None``, the activation determines the factor: 2 for the logistic function, else
    6. The draws are the same as in scikit-learn's MLPs: Glorot initialisation of the weights.
    """

    biases = True

    valid = {"factor": replace(POSITIVE, optional=True)}

    def __init__(self, factor=None):
        self.factor = factor

    def __call__(self, random_state, shape, fan_in, fan_out, activation):
        factor = activation.glorot_factor if self.factor is None else self.factor
        bound = np.sqrt(factor / (fan_in + fan_out))
        return random_state.uniform(-bound, bound, shape)


class GlorotNormal(Initializer):
    """N(0, 2 / (fan_in + fan_out)); Glorot & Bengio (2010), eq. 12."""

    def __call__(self, random_state, shape, fan_in, fan_out, activation):
        return random_state.normal(0, np.sqrt(2 / (fan_in + fan_out)), shape)


class HeUniform(Initializer):
    """U(-r, r) with r = sqrt(6 / fan_in); He et al. (2015), eq. 10."""

    def __call__(self, random_state, shape, fan_in, fan_out, activation):
        return _uniform(random_state, shape, 2 / fan_in)


class HeNormal(Initializer):
    """N(0, 2 / fan_in); He et al. (2015), eq. 10."""

    def __call__(self, random_state, shape, fan_in, fan_out, activation):
        return random_state.normal(0, np.sqrt(2 / fan_in), shape)


class LecunUniform(Initializer):
    """U(-r, r) with r = sqrt(3 / fan_in); LeCun et al. (1998), eq. 16."""

    def __call__(self, random_state, shape, fan_in, fan_out, activation):
        return _uniform(random_state, shape, 1 / fan_in)


class LecunNormal(Initializer):
    """N(0, 1 / fan_in); LeCun et al. (1998), eq. 16."""

    def __call__(self, random_state, shape, fan_in, fan_out, activation):
        return random_state.normal(0, np.sqrt(1 / fan_in), shape)


class Orthogonal(Initializer):
    """A random matrix with orthonormal rows or columns, whichever are fewer; Saxe et al. (2014).

    All axes except the last one count as inputs.
    """

    def __call__(self, random_state, shape, fan_in, fan_out, activation):
        rows, columns = int(np.prod(shape[:-1])), shape[-1]
        tall = random_state.normal(size=(max(rows, columns), min(rows, columns)))
        q, r = np.linalg.qr(tall)
        q *= np.sign(np.diag(r))  # makes the distribution uniform, whatever signs QR chooses
        return (q if rows >= columns else q.T).reshape(shape)


class Normal(Initializer):
    """N(0, std^2).

    Parameters
    ----------
    std : float, default=0.01
        The standard deviation.
    """

    valid = {"std": NOT_NEGATIVE}

    def __init__(self, std: float = 0.01) -> None:
        self.std = std

    def __call__(self, random_state, shape, fan_in, fan_out, activation):
        return random_state.normal(0, abs(self.std), shape)  # NumPy rejects -0.0


class UnitVariance(Initializer):
    """N(0, 1 / fan_in), then divided by the standard deviation of the weighted sums of each unit.

    The deviation is that over at most 1,024 training rows, layer by layer; Holzmüller et al.
    (2024), RealMLP. Without training rows, or if a unit has the same sum for all of them, weights
    are drawn from N(0, 1 / fan_in) and not divided.
    """

    adapts = True

    def __call__(self, random_state, shape, fan_in, fan_out, activation):
        return random_state.normal(0, np.sqrt(1 / fan_in), shape)

    def adapt(self, values, z, random_state):
        deviation = np.std(z, axis=0, dtype=float)
        return values / np.where(deviation > 0, deviation, 1.0)


class ThroughRows(Initializer):
    """Biases with which the weighted sum of a unit is 0 at a random point among training rows.

    For each unit, b = -sum_i p_i z(r_i), with ``n_rows`` random rows r_i, their weighted sums z
    without a bias, and random p_i that add up to one: exponential draws divided by their sum.
    Holzmüller et al. (2024), RealMLP, call this "he+5" with 5 rows. Without training rows, biases
    are zero.

    Parameters
    ----------
    n_rows : int, default=5
        The number of rows for each unit, at most 10,000.
    """

    adapts = True

    valid = {"n_rows": Range(1, 10_000, closed="both", whole=True)}

    def __init__(self, n_rows: int = 5) -> None:
        self.n_rows = n_rows

    def __call__(self, random_state, shape, fan_in, fan_out, activation):
        return np.zeros(shape)

    def adapt(self, values, z, random_state):
        n, units = z.shape
        share = random_state.exponential(size=(self.n_rows, units))
        share /= share.sum(axis=0)
        rows = random_state.randint(n, size=(self.n_rows, units))
        return -(share * np.take_along_axis(z, rows, axis=0)).sum(axis=0, keepdims=True)


class ForActivation(Initializer):
    """Another initialiser, applied as if the layer had the activation of a later layer."""

    def __init__(self, activation, initializer):
        self.activation = activation
        self.initializer = initializer
        self.biases = initializer.biases

    def __call__(self, random_state, shape, fan_in, fan_out, activation):
        return self.initializer(random_state, shape, fan_in, fan_out, self.activation)


class HeOrGlorot(Initializer):
    """He initialisation for rectifiers, whose outputs are half zero, else Glorot initialisation."""

    def __call__(self, random_state, shape, fan_in, fan_out, activation):
        draw = HeUniform() if activation.rectifier else GlorotUniform()
        return draw(random_state, shape, fan_in, fan_out, activation)


class Constant(Initializer):
    """The same value everywhere. The other arguments are ignored.

    Parameters
    ----------
    value : float, default=0.0
        The initial value.
    """

    valid = {"value": NUMBER}

    def __init__(self, value: float = 0.0) -> None:
        self.value = value

    def __call__(self, random_state, shape, fan_in=None, fan_out=None, activation=None):
        return np.full(shape, self.value, dtype=float)


def _uniform(random_state, shape, variance):
    bound = np.sqrt(3 * variance)
    return random_state.uniform(-bound, bound, shape)


INITIALIZERS = {
    "auto": ScikitLearn(),
    "glorot_normal": GlorotNormal(),
    "glorot_uniform": GlorotUniform(),
    "he_normal": HeNormal(),
    "he_uniform": HeUniform(),
    "lecun_normal": LecunNormal(),
    "lecun_uniform": LecunUniform(),
    "normal": Normal(),
    "orthogonal": Orthogonal(),
    "zeros": Constant(0.0),
}


def as_initializer(initializer, setting="weight_init"):
    """The Initializer with this name. An Initializer is returned unchanged.

    setting: the name of the parameter in the message

    Raises ValueError for anything else.
    """
    if isinstance(initializer, Initializer):
        return initializer
    named = isinstance(initializer, str)
    if named and initializer in INITIALIZERS:
        return INITIALIZERS[initializer]
    meant = hint("weight_init", initializer, INITIALIZERS) if named else ""
    raise ValueError(
        f"{setting} must be an Initializer or one of {sorted(INITIALIZERS)}, got "
        f"{shown(initializer)}. {meant}".rstrip()
    )
