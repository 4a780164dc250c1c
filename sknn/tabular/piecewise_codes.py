"""Rows whose piecewise-linear codes are computed once, and not again in every epoch."""

from dataclasses import replace

import numpy as np

from sknn.nn import PiecewiseLinear, TableInput
from sknn.nn.batches import Rows
from sknn.nn.layers.piecewise import CodesOfColumns

MOST = 2**28  # bytes of codes: more are computed again for each mini-batch
BLOCK = 1024  # rows that are encoded at a time


def with_codes(layers, rows, held_out):
    """(layers, Rows, held_out) for training: encoded rows, and the layers that take them.

    Parameters and outputs are the same. What is given is returned unchanged if the first layer has
    no PiecewiseLinear, or if the codes of all rows would take more than MOST bytes.

    layers: list of Layer    rows: Rows    held_out: list of HeldOut, or of None
    """
    first = layers[0]
    layer = first.parts[0][0] if isinstance(first, TableInput) else None
    if not isinstance(layer, PiecewiseLinear):
        return layers, rows, held_out
    tables = {id(x): x for x in (rows.x, *(own.x for own in held_out if own))}
    n_columns = len(layer.edges)
    shift = n_columns * layer.n_bins  # places by which the other columns move
    size = sum(len(x) * (x.shape[1] + shift) for x in tables.values()) * rows.dtype.itemsize
    if size > MOST:
        return layers, rows, held_out
    codes = {key: _rows_of_codes(x, layer, shift) for key, x in tables.items()}
    names, (_, *others) = list(first.named_layers()), first.parts
    parts = [(names[0], CodesOfColumns(layer), slice(0, n_columns + shift))]
    for name, (own, columns) in zip(names[1:], others, strict=True):
        parts.append((name, own, slice(columns.start + shift, columns.stop + shift)))
    of_codes = Rows(
        codes[id(rows.x)], rows.y, rows.weight, dtype=rows.dtype, codebook=rows.codebook
    )
    held_out = [own and replace(own, x=codes[id(own.x)]) for own in held_out]
    return [TableInput(parts), *layers[1:]], of_codes, held_out


def _rows_of_codes(x, layer, shift):
    """The rows of x, with codes in place of the columns of the layer."""
    n_columns = len(layer.edges)
    rows = np.empty((len(x), x.shape[1] + shift), x.dtype)
    for start in range(0, len(x), BLOCK):  # x can be sparse
        own, out = x[start : start + BLOCK], rows[start : start + BLOCK]
        layer.encode(own[:, :n_columns], out=out[:, : n_columns + shift])
        out[:, n_columns + shift :] = own[:, n_columns:]
    return rows
