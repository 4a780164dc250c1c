"""The table of a network: its figures against torch's, fitted arrays and the worked examples."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from sklearn.base import clone, is_classifier
from sklearn.neural_network import MLPClassifier as ReferenceMLP
from test_markup import Page

from sknn import (
    CNNClassifier,
    CNNRegressor,
    MLPClassifier,
    MLPRegressor,
    SequentialClassifier,
    SequentialRegressor,
)
from sknn.inspection import summary
from sknn.nn import (
    Activate,
    AveragePool2D,
    BatchNorm,
    Conv2D,
    Dense,
    Dropout,
    FlatCosine,
    Flatten,
    GlobalAveragePool2D,
    LayerNorm,
    MaxPool2D,
    PReLU,
    Residual,
    Scale,
    SiLU,
    ThroughRows,
)
from sknn.nn.network import Network
from sknn.nn.summary import summary_rows, totals

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

STACK = [
    ("edges", Conv2D(6, (3, 5), stride=2, padding="valid", trainable=False)),
    BatchNorm(),
    ("act", Activate(PReLU())),
    MaxPool2D(padding="same"),
    Dropout(0.25),
    Flatten(),
    ("hidden", Dense(7, "tanh")),
]
ESTIMATORS = [
    MLPClassifier((8, 5), normalization="batch", dropout=0.2, max_iter=1),
    MLPRegressor(hidden_layer_sizes=(), max_iter=1),
    CNNClassifier((3, 4), hidden_layer_sizes=(6,), batch_size=30, max_iter=1),
    CNNRegressor(filters=4, batch_size=30, max_iter=1),
    SequentialClassifier(STACK, max_iter=1),
    SequentialRegressor([Dense(3), LayerNorm()], max_iter=1),
]


def problem(estimator):
    """(X, y) of 8 x 8 images where the estimator takes them, with three classes or two targets."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(30, 8, 8))
    if type(estimator) in (MLPClassifier, MLPRegressor, SequentialRegressor):
        X = X.reshape(30, 64)
    return X, np.arange(30) % 3 if is_classifier(estimator) else rng.normal(size=(30, 2))


def rows_of(layers, *input_shape, dtype=np.float64):
    return summary_rows(Network(layers, input_shape), dtype)


def counts(rows, name):
    return [getattr(row, name) for row in rows]


# The figures


def test_multiply_adds_are_those_of_the_worked_example():
    (row,) = rows_of([Conv2D(32, 3, padding="same")], 28, 28, 1)
    assert row.multiply_adds == 225_792
    assert summary(CNNClassifier(), (28, 28), 10).rows[0].multiply_adds == 225_792


def torch_twin(torch):
    """Modules for the layers of CNNClassifier(normalization="batch"), images of 28 x 28 x 1."""
    nn = torch.nn
    return [
        *(nn.Conv2d(1, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(32, 64, 3, padding=1), nn.BatchNorm2d(64), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Flatten(), nn.Linear(64 * 7 * 7, 128), nn.BatchNorm1d(128), nn.ReLU()),
        nn.Linear(128, 10),
    ]


def test_figures_of_a_cnn_are_torchs(torch):
    from torch.utils.flop_counter import FlopCounterMode

    rows = summary(CNNClassifier(normalization="batch"), (28, 28, 1), n_outputs=10).rows
    modules = torch_twin(torch)
    sizes = [sum(weight.numel() for weight in module.parameters()) for module in modules]
    assert counts(rows, "n_parameters") == sizes
    x = torch.zeros(1, 1, 28, 28)
    for row, module in zip(rows, modules, strict=True):
        with FlopCounterMode(display=False) as counter, torch.no_grad():
            x = module.eval()(x)
        assert row.multiply_adds == counter.get_total_flops() // 2
        assert row.n_bytes == x.nbytes
        assert np.prod(row.output_shape) == x.numel()


def test_parameters_of_other_layers_are_torchs(torch):
    nn = torch.nn
    pairs = [
        (Conv2D(4, (3, 5), bias=False), nn.Conv2d(3, 4, (3, 5), bias=False)),
        (LayerNorm(), nn.LayerNorm(4)),
        (Activate(PReLU()), nn.PReLU()),
        (Activate(PReLU(shared=False)), nn.PReLU(4)),
        (AveragePool2D(), nn.AvgPool2d(2)),
        (GlobalAveragePool2D(), nn.AdaptiveAvgPool2d(1)),
        (Dense(9), nn.Linear(4, 9)),
        (Dense(7, bias=False), nn.Linear(9, 7, bias=False)),
    ]
    rows = rows_of([layer for layer, _ in pairs], 10, 10, 3)
    for row, (_, module) in zip(rows, pairs, strict=True):
        assert row.n_parameters == sum(weight.numel() for weight in module.parameters())


def test_bytes_are_those_of_what_each_layer_makes_of_a_sample():
    X, y = problem(ESTIMATORS[4])
    clf = SequentialClassifier(STACK, dtype="float32", max_iter=1).fit(X, y)
    model = clf._model
    network, x = model.network, X[:1, :, :, None].astype(np.float32)
    state = network.state_layout.views(model.state)
    made = [
        network.forward(model.params, state, x, network.workspaces(np.float32), depth=depth)
        for depth in range(1, len(network.layers) + 1)
    ]
    table = summary(clf)
    assert counts(table.rows, "n_bytes") == [array.nbytes for array in made]
    assert counts(table.rows, "output_shape") == [array.shape[1:] for array in made]
    assert table.totals["n_bytes"] == sum(array.nbytes for array in made)


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda one: type(one).__name__)
def test_table_beforehand_is_that_after_fit(estimator):
    X, y = problem(estimator)
    n_outputs = 3 if is_classifier(estimator) else 2
    before = summary(estimator, X.shape[1:], n_outputs)
    after = summary(clone(estimator).fit(X, y))
    assert before.rows == after.rows
    assert (before.totals, before.notes) == (after.totals, after.notes)


def test_parameters_of_a_fitted_mlp_are_its_weights_and_biases():
    X, y = problem(MLPClassifier())
    clf = MLPClassifier((8, 5), max_iter=1).fit(X, y)
    table = summary(clf)
    sizes = [w.size + b.size for w, b in zip(clf.coefs_, clf.intercepts_, strict=True)]
    assert counts(table.rows, "n_parameters") == sizes
    assert table.totals["n_parameters"] == table.totals["n_trainable"] == sum(sizes)


def test_frozen_layers_are_not_trainable():
    table = summary(SequentialClassifier(STACK), (8, 8, 1), 3)
    frozen = 3 * 5 * 1 * 6 + 6
    assert table.rows[0].n_parameters == frozen
    assert table.rows[0].n_trainable == 0
    assert table.totals["n_parameters"] - table.totals["n_trainable"] == frozen


def test_totals_are_sums():
    rows = rows_of([Dense(3), Dense(2)], 5, dtype=np.float32)
    assert totals(rows) == {
        "n_parameters": 18 + 8,
        "n_trainable": 18 + 8,
        "multiply_adds": 15 + 6,
        "n_bytes": 12 + 8,
    }


# The texts


class Speaking(PReLU):
    """An activation with a repr of its own, of two lines."""

    def __repr__(self):
        return "Speaking\n  aloud"


class Gate:
    """Something without a repr of its own."""


class Gated(Dense):
    """A user's own layer, one of whose settings is an object."""

    def __init__(self, units, gate=None):
        super().__init__(units, "tanh")
        self.gate = gate


@pytest.mark.parametrize(
    ("layer", "description"),
    [
        (Gated(3, Gate()), "Gated(3, gate=Gate, tanh)"),
        (Dense(100), "Dense(100, relu)"),
        (Dense(10, "identity", weight_init="zeros"), "Dense(10, identity)"),
        (Dense(5, PReLU()), "Dense(5, PReLU)"),
        (Dense(5, PReLU(shared=False)), "Dense(5, PReLU(shared=False))"),
        (Dense(5, SiLU(2.0), bias=False), "Dense(5, bias=False, SiLU(beta=2.0))"),
        (Dense(5, Speaking()), "Dense(5, Speaking aloud)"),
        (Dense(5, trainable=False), "Dense(5, trainable=False, relu)"),
        (Conv2D(32), "Conv2D(32, 3x3, relu)"),
        (Conv2D(8, (3, 5), 2, "valid", "tanh"), "Conv2D(8, 3x5, stride=2, valid, tanh)"),
        (Conv2D(8, stride=(2, 1), bias=False), "Conv2D(8, 3x3, stride=2x1, bias=False, relu)"),
        (MaxPool2D(3, padding="same"), "MaxPool2D(3x3, same)"),
        (AveragePool2D(np.int64(2)), "AveragePool2D(2x2)"),
        (Dropout(0.2), "Dropout(0.2)"),
        (Dropout(0.2, FlatCosine()), "Dropout(0.2, schedule=FlatCosine)"),
        (Scale(rate=6.0), "Scale(rate=6.0)"),
        (Dense(5, bias_init=ThroughRows(), rate=2.0), "Dense(5, rate=2.0, relu)"),
        (Dropout(), "Dropout(0.5)"),
        (BatchNorm(), "BatchNorm"),
        (BatchNorm(momentum=0.01), "BatchNorm(momentum=0.01)"),
        (Flatten(), "Flatten"),
        (Activate("elu"), "Activate(elu)"),
    ],
)
def test_description_gives_sizes_and_what_differs_from_the_defaults(layer, description):
    shape = (5,) if isinstance(layer, Dense) else (20, 20, 2)
    assert rows_of([layer], *shape)[0].description == description


def test_table_of_the_default_cnn_has_every_figure():
    table = summary(CNNClassifier(), (28, 28), 10)
    rule = "-" * 90
    assert str(table).splitlines() == [
        "CNNClassifier, not fitted: samples of 28 x 28 x 1",
        rule,
        *PRINTED[:2],
        rule,
        *PRINTED[2:9],
        rule,
        *PRINTED[9:],
        rule,
        "Multiply-adds and bytes are for one sample, bytes in float32.",
    ]


PRINTED = """\
                                   Output        Receptive              Multiply-
Layer       Kind                   shape         field      Parameters       adds    Bytes
conv2d1     Conv2D(32, 3x3, relu)  28 x 28 x 32  3 x 3             320    225,792  100,352
maxpool2d1  MaxPool2D(2x2, same)   14 x 14 x 32  4 x 4               0          0   25,088
conv2d2     Conv2D(64, 3x3, relu)  14 x 14 x 64  8 x 8          18,496  3,612,672   50,176
maxpool2d2  MaxPool2D(2x2, same)   7 x 7 x 64    10 x 10             0          0   12,544
flatten1    Flatten                3136          10 x 10             0          0   12,544
dense1      Dense(128, relu)       128                         401,536    401,408      512
dense2      Dense(10, identity)    10                            1,290      1,280       40
Total                                                          421,642  4,241,152  201,256
Trainable                                                      421,642""".splitlines()


def test_table_of_dense_layers_has_no_receptive_fields():
    table = summary(MLPClassifier((3,)), 4)
    assert str(table).splitlines()[2:6] == [
        "                               Output              Multiply-",
        "Layer      Kind                shape   Parameters       adds  Bytes",
        "-------------------------------------------------------------------",
        "dense1     Dense(3, relu)      3               15         12     24",
    ]


def test_table_shows_itself_and_prints_nothing(capsys):
    clf = MLPClassifier((8,), max_iter=1).fit(*problem(MLPClassifier()))
    for table in (summary(clf), summary(CNNClassifier(), (8, 8))):
        assert repr(table) == str(table)
    assert capsys.readouterr().out == ""
    print(summary(clf))
    assert capsys.readouterr().out.count("MLPClassifier, fitted: samples of 64 features") == 1


def test_receptive_fields_are_those_of_the_formula():
    """1 + the sum of (k - 1) * dilation * the steps before."""
    layers = [Conv2D(4, (3, 5), 2), BatchNorm(), Conv2D(4, 3, dilation=2), MaxPool2D(2), Flatten()]
    rows = summary(SequentialClassifier(layers), (32, 32)).rows
    down = [1 + 2, 3, 3 + 2 * 2 * 2, 11 + 2, 13]
    across = [1 + 4, 5, 5 + 2 * 2 * 2, 13 + 2, 15]
    assert counts(rows, "receptive_field") == [*zip(down, across, strict=True), None]


def test_receptive_fields_inside_a_residual_go_on_from_its_input():
    layers = [Conv2D(4), Residual([Conv2D(8, 3, 2), Conv2D(8)]), GlobalAveragePool2D()]
    rows = summary(SequentialClassifier(layers), (20, 12)).rows
    assert counts(rows[1].inside, "receptive_field") == [(5, 5), (9, 9), (3, 3)]
    assert counts(rows, "receptive_field") == [(3, 3), (9, 9), (20, 12), None]


def test_names_are_the_users_own_or_kind_and_number():
    clf = SequentialClassifier(STACK)
    names = ["edges", "batchnorm1", "act", "maxpool2d1", "dropout1", "flatten1", "hidden", "dense2"]
    assert counts(summary(clf, (8, 8)).rows, "name") == names
    assert counts(summary(MLPClassifier((3, 2)), 4).rows, "name") == ["dense1", "dense2", "dense3"]


def test_names_given_since_fit_are_not_those_of_the_fitted_layers():
    X, y = problem(SequentialRegressor([]))
    reg = SequentialRegressor([("first", Dense(3))], max_iter=1).fit(X, y)
    assert counts(summary(reg).rows, "name") == ["first", "dense2"]
    reg.set_params(layers=[("other", LayerNorm()), ("another", Dense(2))])
    table = summary(reg)
    assert counts(table.rows, "name") == ["dense1", "dense2"]
    assert counts(table.rows, "output_shape") == [(3,), (2,)]


def test_name_of_two_lines_keeps_to_one():
    table = summary(SequentialClassifier([("a\nb", Dense(3))]), 4)
    assert "\na b        Dense(3, relu)" in str(table)
    assert table.rows[0].name == "a\nb"


def test_layers_inside_a_residual_are_indented_below_it():
    block = Residual([Dense(4), Residual([Dense(4, "tanh")]), Dropout(0.5)])
    table = summary(SequentialClassifier([("block", block), Dense(3)]), 4, 3)
    lines = str(table).splitlines()
    start = next(at for at, line in enumerate(lines) if line.startswith("block"))
    assert [line[:18].rstrip() for line in lines[start : start + 7]] == [
        "block        Resid",
        "  dense1     Dense",
        "  residual1  Resid",
        "    dense1   Dense",
        "  dropout1   Dropo",
        "dense1       Dense",
        "dense2       Dense",
    ]
    inside = table.rows[0].inside
    assert counts(inside, "n_bytes") == [32, 64, 32]  # the second with that of its own layer
    assert table.rows[0].n_bytes == 32 + 32 + 64 + 32
    assert table.rows[0].n_parameters == 2 * (16 + 4)


def test_thousands_are_parted():
    table = summary(MLPClassifier((2,), dtype="float32"), 1234)
    assert table.title == "MLPClassifier, not fitted: samples of 1,234 features"
    assert "2,470      2,468      8\n" in str(table)


def test_network_that_is_not_fitted_is_left_as_it_is():
    clf = CNNClassifier(input_shape=(6, 5, 3))
    summary(clf, (4, 4))
    assert clf.get_params() == CNNClassifier(input_shape=(6, 5, 3)).get_params()
    assert vars(clf) == vars(CNNClassifier(input_shape=(6, 5, 3)))


def test_long_settings_are_cut():
    class Wordy(PReLU):
        def __repr__(self):
            return "x" * self.n

    for n, shown in ((40, "x" * 40), (41, "x" * 37 + "...")):
        layer = Dense(2, Wordy())
        layer.activation.n = n
        assert rows_of([layer], 3)[0].activation == shown


def test_frame_has_a_row_for_each_layer():
    pytest.importorskip("pandas")
    table = summary(SequentialClassifier(STACK), (8, 8), 3)
    frame = table.to_frame()
    assert list(frame.index) == counts(table.rows, "name")
    assert frame.index.name == "layer"
    assert list(frame.columns[:4]) == [
        "description",
        "output_shape",
        "receptive_field",
        "n_parameters",
    ]
    assert frame.loc["act", "description"] == "Activate(PReLU)"
    assert frame.loc["edges", "output_shape"] == (3, 2, 6)
    figures = ["n_parameters", "n_trainable", "multiply_adds", "n_bytes"]
    assert frame[figures].sum().to_dict() == table.totals
    assert frame.loc["maxpool2d1", "receptive_field"] == (5, 7)
    assert "receptive_field" not in summary(MLPClassifier(), 4).to_frame()


# What is asked for


@pytest.mark.parametrize(
    ("estimator", "given", "shape"),
    [
        (MLPClassifier(), 10, (10,)),
        (MLPClassifier(), (np.int64(10),), (10,)),
        (CNNClassifier(), 784, (28, 28, 1)),
        (CNNClassifier(), 10, (1, 10, 1)),
        (CNNClassifier(), (6, 5), (6, 5, 1)),
        (CNNClassifier(input_shape=(6, 5, 3)), None, (6, 5, 3)),
        (CNNClassifier(input_shape=(6, 5, 3)), 90, (6, 5, 3)),
        (CNNClassifier(input_shape=(6, 5, 3)), (4, 4), (4, 4, 1)),
        (SequentialClassifier([Dense(3)]), 16, (16,)),
        (SequentialClassifier([Conv2D(3), Flatten()]), [6, 5], (6, 5, 1)),
    ],
)
def test_input_shape_is_read_as_fit_reads_the_shape_of_x(estimator, given, shape):
    table = summary(estimator, given, n_outputs=2)
    text = " x ".join(map(str, shape)) if len(shape) > 1 else f"{shape[0]} features"
    assert table.title == f"{type(estimator).__name__}, not fitted: samples of {text}"


@pytest.mark.parametrize(
    ("dtype", "used"), [("auto", "float64"), ("float32", "float32"), ("float64", "float64")]
)
def test_dtype_is_that_of_the_estimator(dtype, used):
    table = summary(MLPClassifier((3,), dtype=dtype), 4)
    assert table.notes[0].endswith(f"bytes in {used}.")
    assert table.rows[0].n_bytes == 3 * np.dtype(used).itemsize


def test_outputs_default_to_the_least():
    assert summary(MLPRegressor(), 4).rows[-1].output_shape == (1,)
    quantiles = MLPRegressor(loss="quantile", quantile=[0.1, 0.5, 0.9])
    assert summary(quantiles, 4).rows[-1].output_shape == (3,)
    two_classes = summary(MLPClassifier(), 4)
    assert two_classes.rows[-1].output_shape == (1,)
    note = "A single output means two classes. Pass n_outputs if there are more."
    assert two_classes.notes[1:] == [note]
    assert summary(MLPClassifier(), 4, 1).notes[1:] == summary(quantiles, 4).notes[1:] == []


def test_weights_replaced_by_hand_count():
    X, y = problem(MLPClassifier())
    clf = MLPClassifier((8,), max_iter=1).fit(X, y)
    clf.set_params(hidden_layer_sizes=(6,))
    clf.coefs_ = [np.ones((64, 6)), np.ones((6, 3))]
    clf.intercepts_ = [np.ones(6), np.ones(3)]
    assert summary(clf).totals["n_parameters"] == 64 * 6 + 6 + 6 * 3 + 3


def test_fitted_estimator_is_left_as_it_is():
    X, y = problem(MLPClassifier())
    clf = MLPClassifier((8,), max_iter=1).fit(X, y)
    before, weights = dict(vars(clf)), [array.copy() for array in clf.coefs_]
    summary(clf, 64, 3)
    summary(clf, (8, 8))  # as flat as its samples
    assert vars(clf).keys() == before.keys()
    assert all(vars(clf)[name] is value for name, value in before.items())
    for array, weight in zip(clf.coefs_, weights, strict=True):
        assert_array_equal(array, weight)


@pytest.mark.parametrize(
    ("estimator", "given", "error", "message"),
    [
        (ReferenceMLP(), {}, TypeError, "a network of this package.*got MLPClassifier"),
        (
            MLPClassifier(),
            {},
            ValueError,
            "input_shape must be passed, as MLPClassifier is",
        ),
        (CNNClassifier(), {}, ValueError, r"passed.*or \(height, width, channels\) of an image"),
        (MLPClassifier(), {"input_shape": (2, 3)}, ValueError, r"features, got \(2, 3\)"),
        (MLPClassifier(), {"input_shape": 0}, ValueError, "must be an int.*, got 0"),
        (MLPClassifier(), {"input_shape": 2.5}, ValueError, r"must be an int.*, got 2\.5"),
        (MLPClassifier(), {"input_shape": "ten"}, ValueError, "must be an int.*, got 'ten'"),
        (CNNClassifier(), {"input_shape": (1, 2, 3, 4)}, ValueError, r"got \(1, 2, 3, 4\)"),
        (
            CNNClassifier(input_shape=(5, 5)),
            {"input_shape": 10},
            ValueError,
            r"10 features, but input_shape=\(5, 5\)",
        ),
        (MLPClassifier(), {"input_shape": 3, "n_outputs": 0}, ValueError, "n_outputs.*got 0"),
        (MLPClassifier(), {"input_shape": 3, "n_outputs": 2.0}, ValueError, r"n_outputs.*got 2\.0"),
        (MLPClassifier("x"), {"input_shape": 3}, ValueError, "'hidden_layer_sizes' parameter"),
        (
            SequentialClassifier([Conv2D(3)]),
            {"input_shape": 10},
            ValueError,
            r"Layer conv2d1, Conv2D\(filters=3\): needs images",
        ),
    ],
)
def test_what_cannot_be_shown_raises(estimator, given, error, message):
    with pytest.raises(error, match=message):
        summary(estimator, **given)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"input_shape": 63}, r"input_shape must be None, or \(64,\) as in fit, got 63"),
        ({"n_outputs": 2}, r"n_outputs must be None, or \(3,\) as in fit, got 2"),
    ],
)
def test_shapes_other_than_the_fitted_ones_raise(given, message):
    clf = MLPClassifier((8,), max_iter=1).fit(*problem(MLPClassifier()))
    with pytest.raises(ValueError, match=message):
        summary(clf, **given)


@pytest.mark.parametrize(
    ("length", "shown"), [(39, "a" * 39), (40, "a" * 40), (41, "a" * 37 + "...")]
)
def test_text_of_more_than_forty_characters_is_cut(length, shown):
    activation = type("a" * length, (SiLU,), {})()
    (row,) = summary_rows(Network([Dense(2, activation)], (3,)), float)
    assert row.activation == shown


def test_bytes_of_a_residual_are_its_own_and_those_inside():
    (row,) = summary_rows(Network([Residual([Dense(3), Dense(4)])], (4,)), np.float64)
    assert [inner.n_bytes for inner in row.inside] == [3 * 8, 4 * 8]
    assert row.n_bytes == 4 * 8 + 3 * 8 + 4 * 8


# In a notebook


def test_notebook_shows_the_cells_of_the_table_once(capsys):
    residual = Residual([("<b>inner</b>", Dense(4, "relu"))])
    clf = SequentialClassifier([Dense(4), residual])
    table = summary(clf, input_shape=1000, n_outputs=3)
    assert capsys.readouterr() == ("", "")
    page = Page(table._repr_html_())
    words = " ".join(page.texts).replace("\N{NO-BREAK SPACE}", "").split()
    lines = str(table).splitlines()
    heads = ["Layer", "Kind", "Output", "shape", "Parameters", "Multiply-adds", "Bytes"]
    body = " ".join(line for line in lines[5:] if not line.startswith("---")).split()
    assert words == [*lines[0].split(), *heads, *body]
    inner = page.texts[page.texts.index("residual1") + 6]
    assert inner == "\N{NO-BREAK SPACE}" * 2 + "<b>inner</b>"
    assert page.classes.count("sknn-number") == 3 * (1 + 4 + 2)


def test_notebook_shows_receptive_fields_of_images_alone():
    cnn = Page(summary(CNNClassifier(2), input_shape=(8, 8), n_outputs=3)._repr_html_())
    assert "Receptive field" in cnn.texts
    assert "3 x 3" in cnn.texts
    dense = Page(summary(MLPClassifier(), input_shape=8)._repr_html_())
    assert "Receptive field" not in dense.texts
