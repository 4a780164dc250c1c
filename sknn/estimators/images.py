"""Reads images as input: as arrays or flat samples, of integers or of floats."""

from itertools import islice
from math import isqrt, prod
from typing import Any

import numpy as np
from scipy.sparse import issparse
from sklearn.utils import check_array
from sklearn.utils.validation import validate_data

from sknn.estimators.hidden_layers import scales_input
from sknn.estimators.inputs import (
    for_chunks,
    refuse_no_numbers,
    told_of_rows,
    warn_of_collections,
)
from sknn.estimators.pixels import warn_of_range, warn_of_shape
from sknn.nn.memory import count
from sknn.nn.ranges import COUNT, shown
from sknn.typing import Shape

LARGEST_PIXEL = 255  # of integer images


class ImageInput:
    """Reads X as images, for estimators whose networks take images.

    The images are stored as flat rows, as everywhere in scikit-learn. The network receives batches
    of shape (n, height, width, channels).

    Attributes
    ----------
    image_shape_ : tuple of int, or None
        The (height, width, channels) seen during fit; None if the samples were not images.
    image_scale_ : float
        The factor by which pixel values are multiplied: 1/255 after a fit to integers, otherwise 1.
    """

    image_shape_: Shape | Any
    image_scale_: float

    def _validated(self, X, y, dtypes, reset):
        refuse_no_numbers(X=X)
        X, shape = _as_rows(X)
        if not reset:
            self._check_shape(shape)
        if shape is not None and self.dtype == "auto" and reset:
            dtypes = [np.dtype(np.float32)]
        X, y = super()._validated(X, y, "numeric", reset)
        if reset:
            self.image_shape_ = self._learnt_shape(shape, X.shape[1])
        pixels = self._pixels(X, dtypes, reset)
        if reset and self.image_shape_ is not None:
            is_guessed = shape is None and self.input_shape is None
            told = warn_of_shape(self.image_shape_, X.shape[1], is_guessed, self._takes_tables)
            if not told and not self._scales_input():
                warn_of_range(pixels, self._fitted_integers())
        return pixels, y

    def _checked(self, X, dtype, whole=True):
        simple = X.__class__ is np.ndarray and X.dtype.kind in "iuf"
        if not simple:
            warn_of_collections(self, X)
            refuse_no_numbers(X=X)
        X, shape = _as_rows(X)
        self._check_shape(shape)
        if not (simple and self._plainly_valid(X)):
            with told_of_rows(X), self._told_of_tables(X):
                X = validate_data(self, X, accept_sparse="csr", dtype="numeric", reset=False)
        kinds = [dtype] if whole else [dtype, X.dtype]
        X = self._pixels(X, kinds, reset=False)
        return np.ascontiguousarray(X) if whole and not issparse(X) else for_chunks(X, dtype)

    def _pixels(self, X, dtypes, reset):
        """Returns validated X: integer images unchanged, anything else in one of the dtypes.

        X is converted to the first of the dtypes if it has none of them. Raises ValueError if X
        holds integer images and the fit did not, or the other way round.
        """
        integers = self.image_shape_ is not None and X.dtype.kind in "iu"
        if reset:
            self.image_scale_ = 1 / LARGEST_PIXEL if integers else 1.0
        elif integers != self._fitted_integers():
            told = ["floats, used as they are", "integers, interpreted as pixels from 0 to 255"]
            remedy = "X / 255" if integers else "(X * 255).astype('uint8') if X is from 0 to 1"
            raise ValueError(
                f"X has {told[integers]}, but {type(self).__name__} was fitted with "
                f"{told[not integers]}. Pass {remedy}."
            )
        if integers or X.dtype in dtypes:
            return X
        with told_of_rows(X):
            return check_array(
                X, accept_sparse="csr", dtype=dtypes, order="C", estimator=self, input_name="X"
            )

    def _computing_dtype(self, X, model):
        if model is not None:
            return model.dtype
        if self.dtype != "auto":
            return np.dtype(self.dtype)
        return np.dtype(np.float32) if self._fitted_integers() else X.dtype

    def _fitted_integers(self):
        """Whether the estimator was fitted to integer images."""
        return self.image_scale_ != 1

    def _input_shape(self, X=None):
        shape = self.__dict__.get("image_shape_")
        return super()._input_shape(X) if shape is None else shape

    def _scales_input(self):
        """Whether the network begins with batch normalisation, which accepts any pixel range."""
        return scales_input(self._layers(n_outputs=1))

    def _learnt_shape(self, shape, width):
        """Returns (height, width, channels) of the images, or None if samples are not images.

        shape: that of X, None if X was flat    width: number of values in a sample
        """
        given = self._given_shape()
        if given is None:
            if shape is None and self._always_images:
                side = isqrt(width)
                return (side, side, 1) if side * side == width else (1, width, 1)
            return shape
        if shape not in (None, given):
            raise ValueError(
                f"X has images of shape {shape}, but input_shape={shown(self.input_shape)} "
                f"requires {given} (height, width, channels)."
            )
        if prod(given) != width:
            raise ValueError(
                f"X has {width} features, but input_shape={shown(self.input_shape)} requires "
                f"{_product(given)}."
            )
        return given if len(given) == 3 else None

    def _given_shape(self):
        """Returns ``input_shape`` with channels, or None. Raises ValueError on invalid shapes."""
        if self.input_shape is None:
            return None
        shape = tuple(islice(self.input_shape, 4)) if np.iterable(self.input_shape) else ()
        lengths = (2, 3) if self._always_images else (1, 2, 3)
        ordered = not isinstance(self.input_shape, (set, frozenset))
        if not ordered or len(shape) not in lengths or not all(n in COUNT for n in shape):
            flat = "" if self._always_images else "(n_features,), "
            raise ValueError(
                f"input_shape must be {flat}(height, width) or (height, width, channels), got "
                f"{shown(self.input_shape)}."
            )
        return (*map(int, shape), 1) if len(shape) == 2 else tuple(map(int, shape))

    def _check_shape(self, shape):
        """Raises ValueError if the images differ in shape from those seen during fit."""
        if shape not in (None, self.image_shape_):
            fitted = (
                f"flat samples of {self.n_features_in_} features"
                if self.image_shape_ is None
                else f"images of shape {self.image_shape_}"
            )
            raise ValueError(
                f"X has images of shape {shape} (height, width, channels), but "
                f"{type(self).__name__} was fitted with {fitted}."
            )

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array = True
        return tags


def _product(sides):
    """The number of values in samples of this shape as text, such as 2 * 3 = 6."""
    factors = " * ".join(map(count, sides))
    return factors if len(sides) == 1 else f"{factors} = {count(prod(sides))}"


def _as_rows(X):
    """Returns (flat rows, (height, width, channels)) for images, otherwise (X, None)."""
    try:
        n_axes = len(X.shape) if hasattr(X, "shape") else np.asarray(X).ndim
    except ValueError:  # ragged; validation raises the error
        return X, None
    if n_axes > 4:
        raise ValueError(
            "X must hold images of shape (n, height, width) or (n, height, width, channels), or "
            f"flat samples of shape (n, n_features), got shape {np.shape(X)}."
        )
    if n_axes not in (3, 4):
        return X, None
    X = np.asarray(X)
    shape = X.shape[1:] if n_axes == 4 else (*X.shape[1:], 1)
    return X.reshape(len(X), prod(shape)), shape
