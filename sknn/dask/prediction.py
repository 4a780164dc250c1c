"""Lazy predictions for Dask collections."""

import numpy as np

from sknn.dask.partitions import check_samples, example, is_frame


def lazily(estimator, method, X, **settings):
    """Returns a Dask collection of the outputs of an estimator's method for each block of X.

    Parameters
    ----------
    estimator : estimator
        The fitted estimator, which becomes part of the graph and is shared by all blocks.
    method : str
        The name of the method.
    X : Dask array or DataFrame of shape (n_samples, n_features)
        The input samples.
    **settings : dict
        Arguments of the method.

    Returns
    -------
    outputs : Dask array for an array; Series or DataFrame with the index of X for a DataFrame
        A list of them if the method returns a list.

    Raises
    ------
    ValueError
        If X has different features than in fit, or if a sample lies in several blocks.
    """
    import dask

    check_samples(X)
    like = getattr(estimator, method)(example(X), **settings)  # also raises errors early
    shared = dask.delayed(estimator, pure=False, traverse=False)
    if isinstance(like, list):
        widths = [one.shape[1] for one in like]
        stops = np.cumsum(widths).tolist()
        joined = _mapped(shared, method, X, np.hstack(like), settings, None)
        columns = [slice(stop - width, stop) for stop, width in zip(stops, widths, strict=True)]
        parts = [joined.iloc[:, at] if is_frame(X) else joined[:, at] for at in columns]
        return [
            _renamed(part, each, X) for part, each in zip(parts, estimator.classes_, strict=True)
        ]
    like = np.asarray(like)
    return _mapped(shared, method, X, like, settings, _names(estimator, method, like))


def _names(estimator, method, like):
    """Names of the columns of a DataFrame of outputs."""
    if like.ndim == 1:
        return None
    if method == "transform":
        return [f"{type(estimator).__name__.lower()}{unit}" for unit in range(like.shape[1])]
    if method in ("predict_proba", "predict_log_proba"):
        return np.asarray(estimator.classes_).tolist()
    return None


def _renamed(part, names, X):
    return part.rename(columns=dict(zip(part.columns, names, strict=True))) if is_frame(X) else part


def _mapped(shared, method, X, like, settings, names):
    """like: outputs for an example"""
    if is_frame(X):
        meta = _as_frame(like[:0], X._meta.index[:0], names)
        return X.map_partitions(_frame_block, shared, method, meta, settings, meta=meta)
    dims = range(like.ndim, X.ndim)
    chunks = (X.chunks[0], *((n,) for n in like.shape[1:]))
    return X.map_blocks(
        _block,
        shared,
        method,
        like[:0],
        settings,
        dtype=like.dtype,
        meta=like[:0],
        chunks=chunks,
        drop_axis=list(dims),
    )


def _block(X, estimator, method, empty, settings):
    """Returns the outputs of the method for a block in memory."""
    if not X.shape[0]:
        return empty
    outputs = getattr(estimator, method)(X, **settings)
    return np.hstack(outputs) if isinstance(outputs, list) else np.asarray(outputs)


def _frame_block(X, estimator, method, meta, settings):
    outputs = _block(X, estimator, method, meta.to_numpy(), settings)
    return _as_frame(outputs, X.index, getattr(meta, "columns", None))


def _as_frame(outputs, index, names):
    """Returns a series of outputs (n,) or a DataFrame of outputs (n, k)."""
    import pandas as pd

    if outputs.ndim == 1:
        return pd.Series(outputs, index=index)
    return pd.DataFrame(outputs, index=index, columns=names)
