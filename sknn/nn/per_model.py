"""Settings of models that are trained together: one number for all, or (k, 1), one per model.

Results of the models, such as losses, have the shape (k,).
"""

import numpy as np


def factor(setting, array):
    """A setting, computed in float64, as a factor of an array: rounded once to its dtype.

    setting: a number, or (k, 1), or one per parameter    array: (..., P), or a number
    """
    if type(setting) is float:  # NumPy rounds it in the same way
        return setting
    return np.asarray(setting, np.result_type(array))


def power(base, exponent):
    """base^exponent with the same bits as for a single model; both can be (k, 1).

    NumPy's power of arrays rounds some results differently from the power of two numbers.
    """
    if type(base) is float and type(exponent) is int:  # a fast path, used in every step
        return base**exponent
    if np.ndim(base) == np.ndim(exponent) == 0:
        return np.asarray(base).item() ** np.asarray(exponent).item()
    bases, exponents = np.broadcast_arrays(base, exponent)
    pairs = zip(bases.ravel().tolist(), exponents.ravel().tolist(), strict=True)
    return np.reshape([one**other for one, other in pairs], bases.shape)


def as_setting(values):
    """Values (k,) in the shape of settings, (k, 1). A number is returned unchanged."""
    return np.reshape(values, (-1, 1)) if np.ndim(values) else values


def as_values(setting):
    """A setting (k, 1) in the shape of results, (k,). A number is returned unchanged."""
    return np.reshape(setting, -1) if np.ndim(setting) else setting


def of_models(value, models):
    """The part of a setting or of values for some models. A shared value is returned unchanged.

    models: (k,) bools    returns: a new array, or anything that is not an array
    """
    return value[models] if isinstance(value, np.ndarray) and value.ndim else value


def with_part(value, models, part):
    """A copy of a setting or values with ``of_models(value, models)`` replaced by ``part``.

    value: can be shared by all models even if part is not
    """
    if np.ndim(part) == 0:
        return part
    shape = models.shape + np.shape(part)[1:]
    replaced = np.array(np.broadcast_to(value, shape), np.result_type(part))
    replaced[models] = part
    return replaced
