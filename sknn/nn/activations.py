"""Activation functions and their derivatives."""

import math

import numpy as np
from scipy.special import expit, ndtr

from sknn.nn.initializers import Constant
from sknn.nn.names import hint
from sknn.nn.parameters import Parameter
from sknn.nn.ranges import FLAG, NUMBER, POSITIVE, Range, shown
from sknn.nn.settings import Settings
from sknn.nn.workspace import zeros_for


class Activation(Settings):
    """Base class of activation functions, a = f(z), element by element.

    Subclass it to define your own activation. The arguments of its constructor must be stored as
    attributes of the same names.

    ``needs`` says which values backward reads: the outputs ("a"), so that forward can overwrite z,
    or the inputs ("z"). ``increasing`` is True if f is non-decreasing: max-pooling can then be
    applied first, provided that backward needs only the outputs. ``glorot_factor`` sets the width
    of Glorot's initial weights. A ``rectifier`` is close to 0 for negative inputs; He
    initialisation draws wider weights for it.

    An activation with learned parameters declares them in ``parameters(units)``. Its forward and
    backward then receive them as further arguments: ``params``, a dict of arrays by name, and, for
    backward, ``grads``.
    """

    needs = "a"
    increasing = False
    rectifier = False
    glorot_factor = 6.0

    def parameters(self, units: int) -> list[Parameter]:
        """The Parameters of the activation. Their shapes must broadcast against (..., n, units).

        units: the number of units, or channels, of the layer. A parameter for each of them has
        the shape (1, units), one for the whole layer (1, 1).
        """
        return []

    def forward(self, z: np.ndarray, out: np.ndarray) -> np.ndarray:
        """out = f(z). If ``needs`` is "a", out can be z itself."""
        raise NotImplementedError

    def backward(self, z: np.ndarray, a: np.ndarray, dy: np.ndarray) -> np.ndarray | None:
        """dy *= f'(z), in place. z is None if ``needs`` is "a". Can overwrite z and a."""
        raise NotImplementedError


class Identity(Activation):
    """f(z) = z."""

    increasing = True

    def forward(self, z, out):
        if out is not z:
            np.copyto(out, z)

    def backward(self, z, a, dy):
        pass


class Logistic(Activation):
    """f(z) = 1 / (1 + exp(-z))."""

    increasing = True
    glorot_factor = 2.0  # as in scikit-learn

    def forward(self, z, out):
        expit(z, out=out)

    def backward(self, z, a, dy):
        dy *= a  # dy * a * (1 - a)
        np.subtract(1, a, out=a)
        dy *= a


class Tanh(Activation):
    """f(z) = tanh(z)."""

    increasing = True

    def forward(self, z, out):
        np.tanh(z, out=out)

    def backward(self, z, a, dy):
        np.square(a, out=a)  # dy * (1 - a^2)
        np.subtract(1, a, out=a)
        dy *= a


class ReLU(Activation):
    """f(z) = max(z, 0); the derivative at 0 is 0."""

    increasing = True
    rectifier = True

    def forward(self, z, out):
        np.maximum(z, zeros_for(z), out=out)

    def backward(self, z, a, dy):
        dy *= a > 0


class LeakyReLU(Activation):
    """f(z) = z for z > 0, else slope * z, 0 < slope < 1; Maas et al. (2013).

    Parameters
    ----------
    slope : float, default=0.01
        The slope for negative inputs, in [0, 1].
    """

    increasing = True
    rectifier = True

    valid = {"slope": Range(0, 1, "both")}

    def __init__(self, slope: float = 0.01) -> None:
        self.slope = slope

    def forward(self, z, out):
        np.maximum(z, self.slope * z, out=out)

    def backward(self, z, a, dy):
        np.multiply(dy, self.slope, out=dy, where=a <= 0)


class PReLU(Activation):
    """f(z) = z for z > 0, else slope * z, with a learned slope; He et al. (2015), eq. 1.

    A slope can become negative, so ``increasing`` is False.

    Parameters
    ----------
    slope : float, default=0.25
        The initial value of all slopes.
    shared : bool, default=True
        Whether the layer has a single slope, like torch's ``PReLU()``. If False, each unit, or
        each channel of an image, has its own slope, like ``PReLU(num_parameters)``.
    """

    needs = "z"
    rectifier = True

    valid = {"slope": NUMBER, "shared": FLAG}

    def __init__(self, slope: float = 0.25, shared: bool = True) -> None:
        self.slope = slope
        self.shared = shared

    def parameters(self, units):
        shape = (1, 1 if self.shared else units)
        return [Parameter("slope", shape, Constant(self.slope), decay=False)]

    def forward(self, z, out, params):
        np.multiply(np.minimum(z, 0), params["slope"], out=out)
        out += np.maximum(z, zeros_for(z))

    def backward(self, z, a, dy, params, grads):
        slope = params["slope"]
        negative = np.minimum(z, 0)
        negative *= dy
        models = slope.shape[:-2]
        if self.shared:
            of_each_model = negative.reshape(*models, -1)  # samples may be images
            grads["slope"][...] = of_each_model.sum(axis=-1)[..., None, None]
        else:
            of_each_unit = negative.reshape(*models, -1, slope.shape[-1])
            np.add.reduce(of_each_unit, axis=-2, out=grads["slope"], keepdims=True)
        np.multiply(dy, slope, out=dy, where=z <= 0)


class ELU(Activation):
    """f(z) = z for z > 0, else alpha (exp(z) - 1); Clevert et al. (2016), eq. 15.

    Parameters
    ----------
    alpha : float, default=1.0
        The function approaches -alpha for large negative inputs. alpha must be above 0.
    """

    increasing = True
    rectifier = True

    valid = {"alpha": POSITIVE}

    def __init__(self, alpha: float = 1.0) -> None:
        self.alpha = alpha

    def forward(self, z, out):
        negative = self.alpha * np.expm1(np.minimum(z, 0))
        np.maximum(z, zeros_for(z), out=out)
        out += negative

    def backward(self, z, a, dy):
        np.multiply(dy, a + self.alpha, out=dy, where=a <= 0)  # f' = f + alpha


class SELU(Activation):
    """f(z) = scale (z for z > 0, else alpha (exp(z) - 1)); Klambauer et al. (2017), eq. 2."""

    increasing = True
    alpha = 1.6732632423543772
    scale = 1.0507009873554805

    def forward(self, z, out):
        zeros = zeros_for(z)
        negative = (self.scale * self.alpha) * np.expm1(np.minimum(z, zeros))
        np.maximum(z, zeros, out=out)
        out *= self.scale
        out += negative

    def backward(self, z, a, dy):
        slope = np.minimum(a, zeros_for(a))
        slope += self.scale * self.alpha  # f' = f + scale * alpha where z <= 0
        slope *= a <= 0  # products with bools are three times as fast as np.where
        slope += np.multiply(a > 0, a.dtype.type(self.scale))
        dy *= slope


class GELU(Activation):
    """f(z) = z Phi(z), Phi the normal distribution function; Hendrycks & Gimpel (2016)."""

    needs = "z"
    rectifier = True

    def forward(self, z, out):
        ndtr(z, out=out)
        out *= z

    def backward(self, z, a, dy):
        slope = np.exp(-0.5 * np.square(z))
        slope *= z * (1 / math.sqrt(2 * math.pi))
        slope += ndtr(z)  # f' = Phi(z) + z phi(z)
        dy *= slope


class SiLU(Activation):
    """f(z) = z / (1 + exp(-z)), also called swish; Elfwing et al. (2018).

    For other values of ``beta``, it is z / (1 + exp(-beta z)); Ramachandran et al. (2017),
    section 4.

    Parameters
    ----------
    beta : float, default=1.0
        The slope parameter, which must be positive. As beta approaches 0, the function
        approaches z / 2; for large values, it approaches max(z, 0).
    """

    needs = "z"
    rectifier = True

    valid = {"beta": POSITIVE}

    def __init__(self, beta: float = 1.0) -> None:
        self.beta = beta

    def forward(self, z, out):
        expit(self._scaled(z), out=out)
        out *= z

    def backward(self, z, a, dy):
        p = expit(self._scaled(z))
        a *= self._scaled(1 - p)
        a += p  # f' = p + beta f (1 - p)
        dy *= a

    def _scaled(self, z):
        return z if self.beta == 1 else self.beta * z  # saves a multiplication in most networks


class Mish(Activation):
    """f(z) = z tanh(log(1 + exp(z))); Misra (2019).

    Parameters
    ----------
    quick : bool, default=False
        Whether to compute it with a single exponential, as the tabular estimators do: with
        e = exp(z) and n = e (e + 2), tanh(log(1 + e)) = n / (n + 2). This takes a third of the
        time, and only the last digits differ.
    """

    needs = "z"
    rectifier = True
    large = 20.0  # from here on, f(z) = z in float64

    valid = {"quick": FLAG}

    def __init__(self, quick: bool = False) -> None:
        self.quick = quick

    def forward(self, z, out):
        if self.quick:
            n = np.exp(np.minimum(z, self.large))
            n *= n + 2
            np.divide(n, n + 2, out=out)
        else:
            np.tanh(_softplus(z), out=out)
        out *= z

    def backward(self, z, a, dy):
        if self.quick:
            dy *= self._quick_slope(np.minimum(z, self.large))
            return
        t = np.tanh(_softplus(z))
        slope = z * expit(z)
        slope *= 1 - np.square(t)
        slope += t  # f' = t + z p (1 - t^2)
        dy *= slope

    def _quick_slope(self, z):
        """f' = (n + 4 z e (e + 1) / (n + 2)) / (n + 2)"""
        e = np.exp(z)
        n = e * (e + 2)
        below = n + 2
        slope = e * (e + 1)
        slope *= z
        slope *= 4
        slope /= below
        slope += n
        slope /= below
        return slope


class Softplus(Activation):
    """f(z) = log(1 + exp(z)); Dugas et al. (2001)."""

    increasing = True

    def forward(self, z, out):
        np.copyto(out, _softplus(z))

    def backward(self, z, a, dy):
        dy *= -np.expm1(-a)  # f' = 1 - exp(-f)


class Softsign(Activation):
    """f(z) = z / (1 + |z|); Bergstra et al. (2009)."""

    increasing = True

    def forward(self, z, out):
        np.divide(z, 1 + np.abs(z), out=out)

    def backward(self, z, a, dy):
        dy *= np.square(1 - np.abs(a))  # f' = (1 - |f|)^2


class HardSigmoid(Activation):
    """f(z) = min(max(z / 6 + 1/2, 0), 1); Courbariaux et al. (2015), with torch's slope of 1/6.

    For other values of ``slope``, it is min(max(slope * z + 1/2, 0), 1).

    Parameters
    ----------
    slope : float, default=1/6
        The slope at 0, which must be positive. The paper uses 1/2. Also common are 1/5 and 1/4,
        which is the slope of the logistic function at 0.
    """

    increasing = True

    valid = {"slope": POSITIVE}

    def __init__(self, slope: float = 1 / 6) -> None:
        self.slope = slope

    def forward(self, z, out):
        np.clip(z * self.slope + 0.5, 0, 1, out=out)

    def backward(self, z, a, dy):
        dy *= (a > 0) & (a < 1)
        dy *= self.slope


class HardTanh(Activation):
    """f(z) = min(max(z, -1), 1); Collobert (2004)."""

    increasing = True

    def forward(self, z, out):
        np.clip(z, -1, 1, out=out)

    def backward(self, z, a, dy):
        dy *= np.abs(a) < 1


class Sign(Activation):
    """f(z) = 1 for z >= 0, else -1.

    Because its derivative is 0, it is trained with the straight-through estimator: backward uses
    the derivative of min(max(z, -1), 1); Hubara et al. (2016), eq. 4.
    """

    needs = "z"
    increasing = True

    def forward(self, z, out):
        np.greater_equal(z, 0, out=out)
        out *= 2
        out -= 1

    def backward(self, z, a, dy):
        dy *= np.abs(z) <= 1


class Step(Activation):
    """f(z) = 1 for z >= 0, else 0: the threshold unit of the perceptron, Rosenblatt (1958).

    Because its derivative is 0, it is trained with the straight-through estimator: backward uses
    the derivative of min(max((z + 1) / 2, 0), 1), which f rounds; Bengio et al. (2013), section 4.
    """

    needs = "z"
    increasing = True

    def forward(self, z, out):
        np.greater_equal(z, 0, out=out)

    def backward(self, z, a, dy):
        dy *= np.abs(z) <= 1
        dy *= 0.5


def _softplus(z):
    """log(1 + exp(z)) without overflow."""
    softplus = np.log1p(np.exp(-np.abs(z)))
    softplus += np.maximum(z, zeros_for(z))
    return softplus


ACTIVATIONS = {
    "elu": ELU(),
    "gelu": GELU(),
    "hard_sigmoid": HardSigmoid(),
    "hard_tanh": HardTanh(),
    "identity": Identity(),
    "leaky_relu": LeakyReLU(),
    "logistic": Logistic(),
    "mish": Mish(),
    "prelu": PReLU(),
    "relu": ReLU(),
    "selu": SELU(),
    "sigmoid": Logistic(),
    "sign": Sign(),
    "silu": SiLU(),
    "softplus": Softplus(),
    "softsign": Softsign(),
    "step": Step(),
    "swish": SiLU(),
    "tanh": Tanh(),
}


def as_activation(activation):
    """The Activation with this name. An Activation is returned unchanged.

    Raises ValueError for an unknown name and TypeError for any other object.
    """
    if isinstance(activation, Activation):
        return activation
    if not isinstance(activation, str):
        raise TypeError(
            "activation must be a name or an Activation object (an instance, not a class), "
            f"'identity' for none, got {shown(activation)}."
        )
    if activation not in ACTIVATIONS:
        raise ValueError(
            f"activation must be an Activation or one of {sorted(ACTIVATIONS)}, got "
            f"{shown(activation)}. {hint('activation', activation, ACTIVATIONS)}".rstrip()
        )
    return ACTIVATIONS[activation]


class Blend(Activation):
    """f(z) = z + blend (g(z) - z): a learned blend of another activation g with its input.

    Each unit, or channel, has its own blend: 0 is the identity, 1 is g. Holzmüller et al. (2024),
    RealMLP, call this a parametric activation. g can have learned parameters, but it must not be
    a Blend.

    Parameters
    ----------
    activation : str or Activation, default="selu"
        The activation g.
    initial : float, default=1.0
        The initial value of all blends.
    rate : float, default=1.0
        Factor that multiplies the learning rate of the blends.
    """

    needs = "z"

    valid = {"initial": NUMBER, "rate": POSITIVE}

    def __init__(
        self, activation: str | Activation = "selu", initial: float = 1.0, rate: float = 1.0
    ) -> None:
        self.activation = activation
        self.initial = initial
        self.rate = rate

    @property
    def rectifier(self):
        return as_activation(self.activation).rectifier

    @property
    def glorot_factor(self):
        return as_activation(self.activation).glorot_factor

    def parameters(self, units):
        activation = as_activation(self.activation)
        if isinstance(activation, Blend):
            raise ValueError(
                f"Blend needs an activation that is not a Blend itself, got {activation!r}. Pass "
                "the activation inside it."
            )
        blend = Parameter("blend", (1, units), Constant(self.initial), False, self.rate)
        return [*activation.parameters(units), blend]

    def forward(self, z, out, params):
        """out = f(z). Leaves g(z) - z in z, so that backward need not compute g again."""
        activation = as_activation(self.activation)
        activation.forward(z, out, *([params] if activation.parameters(z.shape[-1]) else []))
        difference = np.subtract(out, z, out=z)
        out += (params["blend"] - 1) * difference  # z + blend * (g - z)

    def backward(self, z, a, dy, params, grads):
        difference, blend = z, params["blend"]
        products = difference * dy
        of_each_unit = products.reshape(*blend.shape[:-2], -1, blend.shape[-1])
        np.add.reduce(of_each_unit, axis=-2, out=grads["blend"], keepdims=True)
        a -= np.multiply(blend, difference, out=products)  # z again
        difference += a  # g(z)
        inside = np.multiply(dy, blend, out=products)
        dy -= inside  # dy * (1 - blend) + dy * blend * g'(z)
        activation = as_activation(self.activation)
        learned = (params, grads) if activation.parameters(a.shape[-1]) else ()
        activation.backward(a, difference, inside, *learned)
        dy += inside
