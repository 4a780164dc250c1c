"""Settings of models that are trained together: one number for all, or (k, 1), one for each.

What comes out of the models themselves, losses for instance, has the shape (k,).
"""

import numpy as np


def factor(setting, array):
    """A setting, worked out in float64, as what multiplies an array: rounded once to its dtype.

    setting: a number, or (k, 1), or one per parameter    array: (..., P), or a number
    """
    if type(setting) is float:  # NumPy rounds it as it rounds the others here
        return setting
    return np.asarray(setting, np.result_type(array))


def power(base, exponent):
    """base^exponent with the bits of one model by itself; either may be (k, 1).

    NumPy's power of arrays rounds some results differently from that of two numbers.
    """
    if type(base) is float and type(exponent) is int:  # soonest: the case of every step
        return base**exponent
    if np.ndim(base) == np.ndim(exponent) == 0:
        return np.asarray(base).item() ** np.asarray(exponent).item()
    bases, exponents = np.broadcast_arrays(base, exponent)
    pairs = zip(bases.ravel().tolist(), exponents.ravel().tolist(), strict=True)
    return np.reshape([one**other for one, other in pairs], bases.shape)


def as_setting(values):
    """Values (k,) as settings are, (k, 1); a number as it is."""
    return np.reshape(values, (-1, 1)) if np.ndim(values) else values


def as_values(setting):
    """A setting (k, 1) as what comes out of the models, (k,); a number as it is."""
    return np.reshape(setting, -1) if np.ndim(setting) else setting


def of_models(value, models):
    """The part of some models in a setting or in values; what is one for all as it is.

    models: (k,) bools    returns: an array of its own, or anything that is not an array
    """
    return value[models] if isinstance(value, np.ndarray) and value.ndim else value


def with_part(value, models, part):
    """A setting or values with ``of_models(value, models)`` replaced, in an array of its own.

    value: may still be one for all where part no longer is
    """
    if np.ndim(part) == 0:
        return part
    shape = models.shape + np.shape(part)[1:]
    replaced = np.array(np.broadcast_to(value, shape), np.result_type(part))
    replaced[models] = part
    return replaced
