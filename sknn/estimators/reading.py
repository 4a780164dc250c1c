"""Turns X, y and sample_weight into checked arrays and rows. All input is read here."""

from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from scipy.sparse import issparse
from sklearn.utils.validation import validate_data

from sknn.estimators.inputs import (
    checked_total,
    for_chunks,
    named,
    refuse_no_labels,
    refuse_no_numbers,
    sums_up,
    told_of_images,
    told_of_rows,
    warn_of_collections,
)
from sknn.estimators.raw_tables import told_of_tables
from sknn.nn.batches import Rows
from sknn.scikit_learn import check_sample_weight, num_samples

FLOATS = (np.float64, np.float32)  # other dtypes are converted to the first


def one_weight_each(sample_weight, X, dtype, positive=True, zeros=False):
    """Returns sample_weight as an array (n,) of the dtype, or of the first of several dtypes.

    positive: whether negative weights are rejected    zeros: whether all weights can be zero
    """
    refuse_no_numbers(sample_weight=sample_weight)
    with named("sample_weight", "one number per sample, or a single number"):
        if np.iscomplexobj(np.asarray(sample_weight)):
            raise ValueError("Complex data not supported.")
        if isinstance(sample_weight, np.ndarray) and sample_weight.ndim == 0:
            sample_weight = float(sample_weight)
        return check_sample_weight(
            sample_weight,
            X,
            dtype=dtype,
            ensure_non_negative=positive,
            allow_all_zero_weights=zeros,
        )


@dataclass(frozen=True)
class Data:
    """Validated samples.

    Attributes
    ----------
    X : ndarray or sparse array of shape (n, n_features)
        The validated samples.
    labels : ndarray of shape (n,) or (n, n_outputs), or None
        The targets as passed by the user, before encoding.
    sample_weight : ndarray of shape (n,), or None
        The sample weights as passed by the user.
    rows : Rows
        X and the encoded targets in the computing dtype, with the weights of the loss.
    """

    X: Any
    labels: np.ndarray | None
    sample_weight: np.ndarray | None
    rows: Rows


class Reader:
    """Reads X, y and sample_weight for an estimator.

    Tasks define how y is interpreted (``_learn``, ``_encode``, ``_loss_weight``). ``ImageInput``
    reads images.
    """

    _always_images = False  # whether flat samples are images if input_shape is None

    def _read(
        self,
        X,
        y,
        sample_weight=None,
        *,
        model=None,
        learn=False,
        some=False,
        validates=False,
        block=False,
    ):
        """Returns Data. Sets the attributes for features and classes that are learnt from X and y.

        model: the model whose dtype and features X must have; if None, they are learnt from X
        learn: whether the classes are learnt from y; otherwise y is checked against known classes
        some: whether y can lack some of the classes    validates: whether the input is X_val, y_val
        and sample_weight_val, to which class_weight does not apply    block: whether the input is
        a block of the rows, whose weights can all be zero
        """
        warn_of_collections(self, X)
        with _called_val(validates, "X_val and y_val: {}"):
            X, labels = self._validated(X, y, self._dtypes(model), reset=model is None)
        dtype = self._computing_dtype(X, model)
        labels = self._learn(labels, learn, some)
        if sample_weight is not None:
            with _called_val(validates, "sample_weight_val: {}"):
                check = partial(one_weight_each, zeros=True) if block else self._checked_weight
                sample_weight = check(sample_weight, X, dtype)
        weighed = sample_weight if validates else self._loss_weight(labels, sample_weight)
        if weighed is not sample_weight and weighed.any():
            times = "" if sample_weight is None else " times sample_weight"
            with np.errstate(over="ignore"):
                checked_total(f"class_weight{times}", weighed.astype(dtype))
        return Data(X, labels, sample_weight, self._rows(X, labels, weighed, dtype))

    def _read_samples(self, X, *, model):
        """Returns Data without labels. Its rows have a target of zero; otherwise as ``_read``."""
        warn_of_collections(self, X)
        # With y of zeros, the same code validates X for every kind of input.
        X, y = self._validated(X, np.zeros(num_samples(X)), self._dtypes(model), model is None)
        dtype, shape = self._computing_dtype(X, model), self._input_shape(X)
        return Data(X, None, None, Rows(X, np.zeros((len(y), 1)), dtype=dtype, shape=shape))

    def _rows(self, X, labels, weight, dtype):
        """Returns Rows of validated input, with the weights of the loss."""
        targets, codebook = self._encode(labels, dtype)
        shape = self._input_shape(X)
        return Rows(X, targets, weight, dtype=dtype, shape=shape, codebook=codebook)

    def _validated(self, X, y, dtypes, reset):
        if self._plainly_valid_pair(X, y, dtypes, reset):
            self.n_features_in_ = X.shape[1]
            return X, y
        refuse_no_numbers(X=X)
        (refuse_no_numbers if self._numeric_targets else refuse_no_labels)(y=y)
        with (
            told_of_rows(X, y),
            told_of_images(X, self._takes_images),
            self._told_of_tables(X),
        ):
            return validate_data(
                self,
                X,
                y,
                accept_sparse="csr",
                dtype=dtypes,
                order="C",
                multi_output=True,
                y_numeric=self._numeric_targets,
                reset=reset,
            )

    def _told_of_tables(self, X):
        return told_of_tables(X, None if self._always_images else self._takes_tables)

    def _dtypes(self, model):
        """Returns the allowed dtypes of X. X is converted to the first if it has none of them."""
        if model is not None:
            return [model.dtype]
        return FLOATS if self.dtype == "auto" else [np.dtype(self.dtype)]

    def _computing_dtype(self, X, model):
        """The dtype in which the network computes for validated X."""
        return X.dtype

    def _input_shape(self, X=None):
        """Shape of one sample for the network, from validated X or from the last fit."""
        if X is not None:
            return X.shape[1:]
        return (self.n_features_in_,)

    def _loss_weight(self, labels, sample_weight):
        """The weights of the samples in the loss: ``sample_weight``, unless the task changes it."""
        return sample_weight

    @staticmethod
    def _checked_weight(sample_weight, X, dtype):
        return checked_total("sample_weight", one_weight_each(sample_weight, X, dtype, True))

    def _checked(self, X, dtype, whole=True):
        """Returns validated X for a prediction.

        X has the dtype and is contiguous if ``whole`` is True. Otherwise the model converts it
        chunk by chunk.
        """
        if _is_array_or_csr(X) and X.dtype == dtype and self._plainly_valid(X):
            return X
        warn_of_collections(self, X)
        refuse_no_numbers(X=X)
        with (
            told_of_rows(X),
            told_of_images(X, self._takes_images),
            self._told_of_tables(X),
        ):
            convert = {"dtype": [dtype], "order": "C"} if whole else {"dtype": "numeric"}
            X = validate_data(self, X, accept_sparse="csr", reset=False, **convert)
        return X if whole else for_chunks(X, dtype)

    def _plainly_valid(self, X, reset=False):
        """Whether an array is valid without further checks, which take long for a few rows.

        reset: whether the number of features is learnt from X
        """
        return (
            X.ndim == 2
            and (X.shape[1] > 0 if reset else X.shape[1] == self.n_features_in_)
            and X.shape[0] > 0
            and "feature_names_in_" not in self.__dict__
            and sums_up(X.data if issparse(X) else X)
        )

    def _plainly_valid_pair(self, X, y, dtypes, reset):
        """Whether X and y are arrays that validation would return unchanged."""
        return (
            _is_array_or_csr(X)
            and y.__class__ is np.ndarray
            and (X.dtype.kind in "iuf" if dtypes == "numeric" else X.dtype in dtypes)
            and (issparse(X) or X.flags.c_contiguous)
            and y.ndim == 1
            and y.dtype.kind in ("biuf" if self._numeric_targets else "biufU")
            and X.shape[0] == len(y)
            and (y.dtype.kind == "U" or sums_up(y))
            and self._plainly_valid(X, reset)
        )


def _is_array_or_csr(X):
    return X.__class__ is np.ndarray or (issparse(X) and X.format == "csr")


@contextmanager
def _called_val(validates, message):
    """Adds to errors that they are about the validation data, if ``validates`` is True."""
    try:
        yield
    except (TypeError, ValueError) as error:
        if not validates:
            raise
        raise ValueError(message.format(error)) from error
