"""The network of a member and how it is trained: RealMLP's recipe, with smaller networks."""

from dataclasses import dataclass
from math import ceil

import numpy as np

from sknn.nn import (
    AdamW,
    Blend,
    CosLog,
    Dense,
    Dropout,
    Embedding,
    FlatCosine,
    Periodic,
    PiecewiseLinear,
    Scale,
    TableInput,
    ThroughRows,
    UnitVariance,
)
from sknn.nn.layers.base import Layer
from sknn.nn.losses import Loss
from sknn.nn.optimizers import Optimizer
from sknn.nn.schedules import Schedule

BATCH_SIZES = ((1024, 64), (8192, 128), (30_000, 256), (100_000, 512), (np.inf, 1024))
EMBEDDED = 200  # numeric columns: with more, embeddings would need too many weights
LARGE = 2500  # rows: from here on, piecewise-linear embeddings beat periodic ones
BINS = 32  # of a piecewise-linear embedding
VECTOR = 8  # size of the vector that represents a level
PIECES = 4  # outputs of a piecewise-linear embedding for each column
SLOWLY, FAST = 0.1, 6.0  # factors of the learning rate, those of RealMLP
EMBEDDINGS = ("auto", "periodic", "piecewise_linear", "none")


@dataclass(frozen=True)
class Recipe:
    """How members train.

    Attributes
    ----------
    layers : list of Layer
    loss, training_loss : Loss
        The loss for predictions and validation, and the loss to minimise.
    optimizer : Optimizer
    schedule : Schedule
    learning_rate : float
    batch_size : int or None
        None for RealMLP's batch size, which depends on the number of rows.
    epochs : int
    """

    layers: list[Layer]
    loss: Loss
    training_loss: Loss
    optimizer: Optimizer
    schedule: Schedule
    learning_rate: float
    batch_size: int | None
    epochs: int


def batch_size_for(n_rows, batch_size=None):
    """The number of rows in a batch for which all batches of an epoch have about the same size."""
    if batch_size is None:
        batch_size = next(size for most, size in BATCH_SIZES if n_rows <= most)
    n_batches = max(1, round(n_rows / batch_size))
    return ceil(n_rows / n_batches)


def layers_for(x, n_numbers, sizes, n_outputs, *, hidden, activation, embedding, dropout):
    """The layers of a member.

    x: the matrix [numbers | others | codes] of all rows    n_numbers: number of its numeric columns
    sizes: number of codes in each of its last columns    hidden: units of each hidden layer
    activation: a name or an Activation    embedding: one of EMBEDDINGS
    dropout: fraction of units
    """
    layers = [*_input(x, n_numbers, sizes, embedding), Scale(rate=FAST)]
    for units in hidden:
        layers.append(_dense(units, Blend(activation, rate=SLOWLY)))
        if dropout:
            layers.append(Dropout(dropout, FlatCosine()))
    return [*layers, _dense(n_outputs, "identity")]


def optimizer_for(weight_decay):
    """AdamW with RealMLP's moments and a weight decay that falls in the second half of training."""
    return AdamW(0.9, 0.95, 1e-8, float(weight_decay), FlatCosine())


def schedule_for():
    """Four cycles up and down, each of them twice as long as the one before."""
    return CosLog()


def _dense(units, activation):
    return Dense(
        units,
        activation,
        weight_init=UnitVariance(),
        bias_init=ThroughRows(),
        scaling="ntp",
        bias_rate=SLOWLY,
    )


def _input(x, n_numbers, sizes, embedding):
    """A list with the layer that embeds columns; empty if no column is embedded."""
    n_columns = x.shape[1]
    if embedding == "auto":
        embedding = "piecewise_linear" if len(x) >= LARGE else "periodic"
        embedding = "none" if n_numbers > EMBEDDED else embedding
    parts = []
    if embedding == "periodic" and n_numbers:
        parts.append((Periodic(rate=SLOWLY), slice(0, n_numbers)))
    elif embedding == "piecewise_linear" and n_numbers:
        edges = [_edges(x[:, column]) for column in range(n_numbers)]
        parts.append((PiecewiseLinear(edges, PIECES, rate=SLOWLY), slice(0, n_numbers)))
    if sizes:
        codes = slice(n_columns - len(sizes), n_columns)
        parts.append((Embedding(list(sizes), VECTOR), codes))
    return [TableInput(parts)] if parts else []


def _edges(values):
    """The distinct quantiles of a column, which are the edges of its bins."""
    return np.unique(np.quantile(values, np.linspace(0, 1, BINS + 1)))


def fill_unknown(params, x, sizes):
    """Sets the vector of unknown levels to the mean vector of the rows, in all members.

    params: parameters of the first layer, by name    x: the matrix of all rows
    sizes: as for layers_for
    """
    start = 0
    for place, size in enumerate(sizes, start=x.shape[1] - len(sizes)):
        table = params["embedding1.table"][:, start : start + size]
        counts = np.bincount(x[:, place].astype(int), minlength=size)
        if counts[0] == 0:
            table[:, 0] = np.average(table[:, 1:], axis=1, weights=counts[1:])
        start += size
