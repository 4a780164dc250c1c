"""Products of matrices with many rows, in pieces of the size that OpenBLAS computes fastest."""

import numpy as np

SMALL = 10**6  # multiply-adds: up to this size, OpenBLAS does not copy the factors of a product
ROWS = 64  # products of fewer rows cost more than the copies


def multiply(rows, weight, out):
    """out = rows @ weight.

    rows: (n, k)    weight: (k, m)    out: (n, m)
    """
    step = rows_at_a_time(len(rows), weight.size)
    for piece, product in zip(_cut(rows, step), _cut(out, step), strict=True):
        np.matmul(piece, weight, out=product)


def multiply_over_rows(a, b, cache):
    """a.T @ b, a sum over rows.

    a: (n, k)    b: (n, m)    cache: a Workspace
    """
    k, m = a.shape[1], b.shape[1]
    step = rows_at_a_time(len(a), k * m)
    if step == len(a):
        return np.dot(a.T, b)
    (pieces, rest), (others, other_rest) = _cut(a, step), _cut(b, step)
    products = cache.scratch("products of pieces", (len(pieces), k, m))
    np.matmul(pieces.swapaxes(1, 2), others, out=products)
    total = np.add.reduce(products, axis=0)
    if len(rest):
        total += rest.T @ other_rest
    return total


def rows_at_a_time(n, multiply_adds):
    """The number of rows in a piece of n rows; multiply_adds: the cost of one row."""
    n_pieces = max(1, -(-n * multiply_adds // SMALL))
    rows = -(-n // n_pieces)
    return rows if rows >= ROWS else max(1, n)


def _cut(rows, step):
    """Views of the pieces of ``step`` rows, (n_pieces, step, ...), and of the remaining rows."""
    whole = len(rows) - len(rows) % step
    return rows[:whole].reshape(-1, step, rows.shape[1]), rows[whole:]
