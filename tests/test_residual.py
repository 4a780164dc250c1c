"""Layers with a way around them: the layer by itself, in networks, and in estimators."""

import pickle
import re
import warnings

import numpy as np
import pytest
from helpers import (
    LOSSES,
    drawn_params,
    forward_backward,
    new_batch,
    new_gradient,
    normal,
    sample_weights,
)
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from threadpoolctl import threadpool_limits

import sknn
from sknn import SequentialClassifier, SequentialRegressor
from sknn.estimators.panel.html import network_html
from sknn.inspection import diagnose, summary, trace
from sknn.nn import (
    Activate,
    AveragePool2D,
    BatchNorm,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    GlobalAveragePool2D,
    Layer,
    MaxPool2D,
    Residual,
)
from sknn.nn.layers.convolution import PooledConv2D
from sknn.nn.model import Model
from sknn.nn.network import Network
from sknn.nn.passes import PREDICTION
from sknn.nn.residual import strides_of
from sknn.nn.workspace import Workspace
from sknn.plotting import FeatureMapDisplay, FilterDisplay, GradientFlow, SaliencyDisplay

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

N = 40
IMAGE = (8, 7, 3)
X, Y = normal(N, 6), np.arange(N) % 3
PIXELS = normal(N, *IMAGE, seed=1)
CONVOLUTIONS = [
    Conv2D(8, stride=2, activation="identity", bias=False),
    BatchNorm(),
    Activate("tanh"),
    Dropout(0.2),
    Conv2D(8, activation="identity"),
]
IMAGES = [Conv2D(4), Residual([*CONVOLUTIONS, BatchNorm()]), Activate(), GlobalAveragePool2D()]
FLAT = [
    Dense(5),
    Residual([Dense(5, "identity"), BatchNorm(), Activate("tanh"), Dropout(0.2), Dense(5)]),
    Residual([("in", Dense(7)), ("out", Dense(4, "identity"))]),
]
SMALL = {"max_iter": 3, "batch_size": 16, "random_state": 0, "tol": 0}


def on_images(**params):
    return SequentialClassifier(IMAGES, input_shape=IMAGE, **{**SMALL, **params})


def on_samples(**params):
    return SequentialClassifier(FLAT, **{**SMALL, **params})


BOTH = pytest.mark.parametrize(
    ("make", "given"), [(on_samples, X), (on_images, PIXELS)], ids=["samples", "images"]
)


# The layer by itself


def test_branch_and_sample_are_added():
    layer, x = Residual([Dense(6, "tanh"), Dense(6, "identity")]), normal(N, 6)
    params = drawn_params(layer, (6,))
    y, dx, grads = forward_backward(layer, params, x, normal(N, 6, seed=1))
    hidden = np.tanh(x @ params["dense1.weight"] + params["dense1.bias"])
    branch = hidden @ params["dense2.weight"] + params["dense2.bias"]
    assert_allclose(y, x + branch, rtol=1e-12)
    assert_allclose(grads["dense2.bias"], normal(N, 6, seed=1).sum(axis=0, keepdims=True))
    dhidden = normal(N, 6, seed=1) @ params["dense2.weight"].T * (1 - hidden**2)
    assert_allclose(dx, normal(N, 6, seed=1) + dhidden @ params["dense1.weight"].T, rtol=1e-11)


def test_branch_of_another_shape_is_added_to_a_projection():
    layer, x = Residual([Dense(2, "tanh")]), normal(N, 6)
    params = drawn_params(layer, (6,))
    assert sorted(params) == ["dense1.bias", "dense1.weight", "projection.weight"]
    y, _, _ = forward_backward(layer, params, x, normal(N, 2))
    branch = np.tanh(x @ params["dense1.weight"] + params["dense1.bias"])
    assert_allclose(y, branch + x @ params["projection.weight"], rtol=1e-12)


def test_projection_of_images_takes_every_so_manieth_pixel():
    layer, x = Residual([Conv2D(2, stride=(2, 1)), MaxPool2D((2, 3), padding="same")]), PIXELS
    params = {name: np.zeros_like(own) for name, own in drawn_params(layer, IMAGE).items()}
    params["projection.weight"] = normal(1, 1, 3, 2)
    y, _, _ = forward_backward(layer, params, x, normal(N, 2, 3, 2))
    assert_allclose(y, x[:, ::4, ::3] @ params["projection.weight"][0, 0], rtol=1e-12)


@pytest.mark.parametrize(
    ("layers", "wanted"),
    [
        ([Conv2D(4)], 1),
        ([Conv2D(4, stride=2), AveragePool2D(2, padding="same")], 4),
        ([Conv2D(4, stride=(2, 1)), BatchNorm(), MaxPool2D(3, stride=2, padding="same")], (4, 2)),
        ([Residual([Conv2D(4, stride=2)]), Conv2D(4, stride=2)], 4),
    ],
)
def test_steps_of_layers_multiply(layers, wanted):
    assert strides_of(Network(layers, (16, 16, 3))) == wanted


def test_shortcut_is_what_is_asked_for():
    names = {
        shortcut: [item.name for item in Residual([Dense(6)], shortcut).parameters((6,))]
        for shortcut in ("auto", "identity", "projection")
    }
    assert names["auto"] == names["identity"] == ["dense1.weight", "dense1.bias"]
    assert names["projection"] == ["dense1.weight", "dense1.bias", "projection.weight"]


def test_parameters_keep_their_roles_and_whether_they_are_penalised():
    branch = [("in", Dense(6, "prelu", trainable=False)), BatchNorm(), Residual([Dense(2)])]
    items = Residual(branch).parameters((6,))
    assert [(item.name, item.role, item.decay, item.trainable) for item in items] == [
        ("in.weight", "weight", True, False),
        ("in.bias", "bias", False, False),
        ("in.slope", None, False, False),
        ("batchnorm1.scale", None, False, True),
        ("batchnorm1.shift", None, False, True),
        ("residual1.dense1.weight", "weight", True, True),
        ("residual1.dense1.bias", "bias", False, True),
        ("residual1.projection.weight", "weight", True, True),
        ("projection.weight", "weight", True, True),
    ]
    states = [item.name for item in Residual(branch).state((6,))]
    assert states == ["batchnorm1.mean", "batchnorm1.variance"]


def test_residual_is_joint_and_draws_if_a_layer_inside_does():
    asked = {
        "neither": Residual([Dense(6)]),
        "joint": Residual([Dense(6), Residual([BatchNorm()])]),
        "draws": Residual([Dense(6), Residual([Dropout()])]),
    }
    assert {kind: (layer.joint, layer.draws) for kind, layer in asked.items()} == {
        "neither": (False, False),
        "joint": (True, False),
        "draws": (False, True),
    }


def test_costs_are_those_of_the_layers_and_of_the_projection():
    layer = Residual([Conv2D(8, stride=2), BatchNorm(), Conv2D(8)])
    places = 4 * 4
    assert layer.multiply_adds(IMAGE) == places * (9 * 3 * 8 + 9 * 8 * 8 + 3 * 8)
    # Two convolutions, normalisation (values and centred ones), projection, sum.
    assert layer.numbers_kept(IMAGE) == places * 8 * (1 + 2 + 1 + 1 + 1)


def test_largest_product_is_that_of_a_layer_inside():
    layers = [Residual([Dense(9), Residual([Dense(7)])]), Dense(2)]
    assert Network(layers, (6,)).largest_product(5) == 5 * 9 * 7


@pytest.mark.parametrize(
    ("layers", "trainable"),
    [
        ([Dense(3, trainable=False), Dense(2, trainable=False)], False),
        ([Dense(3, trainable=False), BatchNorm(), Dense(2, trainable=False)], True),
    ],
)
def test_projection_is_frozen_with_all_of_the_branch(layers, trainable):
    projection = Residual(layers).parameters((6,))[-1]
    assert (projection.name, projection.trainable) == ("projection.weight", trainable)
    pooled = Residual([MaxPool2D()], shortcut="projection").parameters((4, 4, 2))
    assert [(item.name, item.trainable) for item in pooled] == [("projection.weight", True)]


def test_layers_inside_are_fused():
    layer = Residual([Conv2D(4), MaxPool2D(padding="same")]).placed(IMAGE)
    branch, _ = layer._networks
    assert [type(own) for _, own in branch.steps()] == [PooledConv2D]


# What cannot be

REFUSED = {
    "nothing": (Residual([]), "layers must contain at least one layer, got none"),
    "no list": (Residual(Dense(3)), "layers must be a list of layers, got Dense"),
    "no layer": (Residual([3]), r"layers must be a list of layers, or of \(name, layer\).*entry 3"),
    "setting": (Residual([Dense(0)]), r"Dense\(units=0\): units must be an int of at least 1"),
    "shortcut": (Residual([Dense(3)], "none"), "must be one of 'auto', 'identity', 'projection'"),
    "flat": (Residual([Flatten()]), r"samples of shape \(8, 7, 3\) into \(168,\), and the two"),
    "pooled": (Residual([GlobalAveragePool2D()]), r"\(8, 7, 3\) into \(3,\), .*Flatten\(\)"),
    "size": (
        Residual([Conv2D(3, padding="valid")]),
        r"images of 8 x 7 pixels into 6 x 5, the shortcut into 8 x 7\. Use padding='same'",
    ),
    "identity": (
        Residual([Conv2D(2)], shortcut="identity"),
        r"keep the shape of a sample, got \(8, 7, 2\) from \(8, 7, 3\)\. Use shortcut='auto'",
    ),
    "inside": (Residual([Dense(3)]), r", .*Layer dense1, Dense.*needs flat samples"),
    "dot": (Residual([("a.b", Conv2D(3))]), r"must be unique.*got \['a\.b'\]"),
    "taken": (Residual([("projection", Conv2D(3))]), r"got \['projection'\]"),
    "twice": (Residual([("a", Conv2D(3)), ("a", Conv2D(3))]), r"got \['a', 'a'\]"),
}


@pytest.mark.parametrize(("layer", "message"), REFUSED.values(), ids=REFUSED)
def test_residual_that_cannot_be_is_refused_by_name(layer, message):
    with pytest.raises(ValueError, match=rf"Layer residual1.*{message}"):
        Network([layer], IMAGE)


def test_samples_of_two_axes_are_not_projected():
    class Rows(Layer):
        """Makes two axes of one."""

        def output_shape(self, input_shape):
            return (2, input_shape[0])

    with pytest.raises(ValueError, match=r"\(6,\) into \(2, 6\), and the two cannot be added"):
        Network([Residual([Rows()])], (6,))
    with pytest.raises(ValueError, match=r"\(2, 6\) into \(2, 2\), and the two cannot be added"):
        Network([Residual([Rows()])], (2, 6))


# In networks


def test_prediction_folds_normalisation_inside():
    layers = [Residual([*CONVOLUTIONS, BatchNorm()]), Flatten(), Dense(2, "identity")]
    network = Network(layers, IMAGE)
    theta, state = normal(network.layout.size), 1 + normal(network.state_layout.size) ** 2
    params, states = network.layout.views(theta), network.state_layout.views(state)
    folded = network.folded(params, states)
    assert sorted(folded[0]) == [
        "conv2d1.bias",
        "conv2d1.weight",
        "conv2d2.bias",
        "conv2d2.weight",
        "projection.weight",
    ]
    wanted = network.forward(params, states, PIXELS, network.workspaces(np.float64)).copy()
    z = network.forward(folded, states, PIXELS, network.workspaces(np.float64))
    assert_allclose(z, wanted, rtol=1e-10, atol=1e-11)
    model = Model(network, LOSSES["squared_error"], theta, state)
    assert_allclose(model.outputs(PIXELS, 1e9), wanted, rtol=1e-10, atol=1e-11)


def test_gradient_in_micro_batches_is_that_of_the_whole_batch():
    loss, weight = LOSSES["squared_error"], sample_weights(N)
    layers = [Residual([*CONVOLUTIONS[:3], Conv2D(8), BatchNorm()]), Flatten(), Dense(2)]
    whole, parts = (new_gradient(layers, loss, *IMAGE) for _ in range(2))
    whole._size, parts._size = N, 7
    batch = new_batch(PIXELS, normal(N, 2), weight)
    assert_allclose(parts.mean(batch), whole.mean(batch), rtol=1e-12)
    assert_allclose(parts.grad, whole.grad, rtol=1e-9, atol=1e-12)
    assert_allclose(parts.state, whole.state, rtol=1e-12)


@pytest.mark.parametrize("need_dx", [False, True])
def test_gradient_of_what_is_trained_does_not_depend_on_what_is_frozen_below(need_dx):
    branch = [Dense(6, "tanh", trainable=False), Dense(6)]
    below = [Dense(6, "identity")] if need_dx else []
    free, frozen = (
        new_gradient([*below, Residual([Dense(6, "tanh", trainable=own), branch[1]])],
                     LOSSES["squared_error"], 6)
        for own in (True, False)
    )  # fmt: skip
    for gradient in (free, frozen):
        for number, own in enumerate(gradient.network.layout.views(gradient.theta)):
            for seed, name in enumerate(sorted(own)):
                own[name][...] = normal(*own[name].shape, seed=10 * number + seed)
        gradient.mean(new_batch(X, normal(N, 6, seed=3)))
    views = [one.network.layout.views(one.grad) for one in (free, frozen)]
    for name in ("dense2.weight", "dense2.bias"):
        assert_array_equal(views[1][-1][name], views[0][-1][name])
    for name, grad in views[0][0].items() if need_dx else ():
        assert_array_equal(views[1][0][name], grad)


@pytest.mark.parametrize("kind", ["dense", "convolutional"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_block_is_that_of_torch(kind, dtype, torch):
    their_dtype = getattr(torch, np.dtype(dtype).name)
    if kind == "dense":
        layer = Residual([Dense(4, "identity"), BatchNorm(), Activate(), Dense(4, "identity")])
        x = normal(N, 6).astype(dtype)
        theirs = torch.nn.ModuleDict(
            {
                "branch": torch.nn.Sequential(
                    torch.nn.Linear(6, 4), torch.nn.BatchNorm1d(4), torch.nn.ReLU(),
                    torch.nn.Linear(4, 4),
                ),
                "shortcut": torch.nn.Linear(6, 4, bias=False),
            }
        ).to(their_dtype)  # fmt: skip
    else:
        layer = Residual([
            Conv2D(4, stride=2, padding=1, activation="identity", bias=False), BatchNorm(),
            Activate(), Conv2D(4, activation="identity"), BatchNorm(),
        ])  # fmt: skip
        x = PIXELS.astype(dtype)
        theirs = torch.nn.ModuleDict(
            {
                "branch": torch.nn.Sequential(
                    torch.nn.Conv2d(3, 4, 3, 2, 1, bias=False), torch.nn.BatchNorm2d(4),
                    torch.nn.ReLU(), torch.nn.Conv2d(4, 4, 3, 1, 1), torch.nn.BatchNorm2d(4),
                ),
                "shortcut": torch.nn.Conv2d(3, 4, 1, 2, bias=False),
            }
        ).to(their_dtype)  # fmt: skip
    shape = x.shape[1:]
    params = {name: own.astype(dtype) for name, own in drawn_params(layer, shape).items()}
    state = {item.name: np.full(item.shape, item.initial, dtype) for item in layer.state(shape)}
    modules = [*theirs["branch"], theirs["shortcut"]]
    modules = [module for module in modules if list(module.parameters())]
    names = list(dict.fromkeys(name.partition(".")[0] for name in params))
    their_names = {"weight": "weight", "bias": "bias", "scale": "weight", "shift": "bias"}
    pairs = []
    for name, module in zip(names, modules, strict=True):
        for own in [key for key in params if key.startswith(f"{name}.")]:
            pairs.append((own, getattr(module, their_names[own.partition(".")[2]])))
    with torch.no_grad():
        for own, parameter in pairs:
            parameter.copy_(torch.tensor(as_theirs(params[own])))

    dy = normal(N, *layer.output_shape(shape), seed=5).astype(dtype)
    y, dx, grads = forward_backward(layer, params, x, dy, state)
    their_x = torch.tensor(as_theirs(x), requires_grad=True)
    their_y = theirs["branch"](their_x) + theirs["shortcut"](their_x)
    their_y.backward(torch.tensor(as_theirs(dy)))
    tolerance = {"rtol": 1e-10, "atol": 1e-11} if dtype == np.float64 else {"atol": 2e-4}
    assert_allclose(as_theirs(y), their_y.detach().numpy(), **tolerance)
    assert_allclose(as_theirs(dx), their_x.grad.numpy(), **tolerance)
    for own, parameter in pairs:
        assert_allclose(as_theirs(grads[own]), parameter.grad.numpy(), **tolerance)
    norms = [module for module in modules if hasattr(module, "running_mean")]
    for number, norm in enumerate(norms, start=1):
        for ours, running in (("mean", norm.running_mean), ("variance", norm.running_var)):
            assert_allclose(state[f"batchnorm{number}.{ours}"][0], running.numpy(), **tolerance)

    theirs.eval()
    with torch.no_grad():
        wanted = theirs["branch"](their_x) + theirs["shortcut"](their_x)
    predicted = layer.forward(params, state, x, Workspace(dtype), PREDICTION)
    assert_allclose(as_theirs(predicted), wanted.numpy(), **tolerance)


def as_theirs(array):
    """With torch's axes: images channels first, weights with outputs first, vectors."""
    if array.ndim == 4 and array.shape[0] < 4:  # a kernel
        array = array.transpose(3, 2, 0, 1)
    elif array.ndim == 4:
        array = np.moveaxis(array, -1, 1)
    elif array.ndim == 2 and len(array) == 1:
        array = array[0]
    elif array.ndim == 2 and len(array) < N:  # a dense weight
        array = array.T
    return np.ascontiguousarray(array)


# In estimators


@BOTH
def test_weights_of_the_layers_inside_are_among_those_of_the_estimator(make, given):
    clf = make().fit(given, Y)
    shapes = [weight.shape for weight in clf.coefs_]
    wanted = {
        on_samples: [(6, 5), (5, 5), (5, 5), (5, 7), (7, 4), (5, 4), (4, 3)],
        on_images: [(3, 3, 3, 4), (3, 3, 4, 8), (3, 3, 8, 8), (1, 1, 4, 8), (8, 3)],
    }[make]
    assert shapes == wanted
    before = clf.predict_proba(given)
    clf.coefs_ = [np.array(weight) for weight in clf.coefs_]
    assert_array_equal(clf.predict_proba(given), before)
    clf.coefs_[1][...] = 0
    assert np.abs(clf.predict_proba(given) - before).max() > 1e-6


@BOTH
def test_number_of_threads_does_not_change_the_weights(make, given):
    fitted = []
    for n_threads in (1, 2):
        with threadpool_limits(n_threads):
            fitted.append(make(batch_size=40).fit(given, Y))
    one, two = fitted
    for own, other in zip(one.coefs_ + one.intercepts_, two.coefs_ + two.intercepts_, strict=True):
        assert_array_equal(own, other)
    assert_array_equal(one.predict_proba(given), two.predict_proba(given))


class Stopped(Exception):
    pass


@BOTH
def test_resumed_fit_is_that_which_was_not_disturbed(make, given, tmp_path, monkeypatch):
    undisturbed = make(max_iter=4).fit(given, Y)
    clf = make(max_iter=4, checkpoint=tmp_path / "fit.sknn")
    epoch, epochs = sknn.nn.training.one_epoch, []

    def crash(*args):
        epochs.append(None)
        if len(epochs) == 3:
            raise Stopped
        return epoch(*args)

    monkeypatch.setattr("sknn.nn.training.one_epoch", crash)
    with pytest.raises(Stopped):
        clf.fit(given, Y)
    monkeypatch.undo()
    resumed = make(max_iter=4, checkpoint=tmp_path / "fit.sknn").resume(given, Y)
    assert resumed.loss_curve_ == undisturbed.loss_curve_
    for own, other in zip(resumed.coefs_, undisturbed.coefs_, strict=True):
        assert_array_equal(own, other)
    assert_array_equal(resumed.predict_proba(given), undisturbed.predict_proba(given))


@BOTH
def test_copies_predict_the_same(make, given, tmp_path):
    clf = make().fit(given, Y)
    wanted = clf.predict_proba(given)
    sknn.save(clf, tmp_path / "model.sknn")
    read = sknn.load(tmp_path / "model.sknn")
    assert_array_equal(read.predict_proba(given), wanted)
    assert_array_equal(pickle.loads(pickle.dumps(clf)).predict_proba(given), wanted)
    assert repr(read.layers) == repr(clf.layers)
    again = clone(clf)
    assert repr(again.layers) == repr(clf.layers)
    assert not any(one is other for one, other in zip(again.layers, clf.layers, strict=True))
    assert_array_equal(again.fit(given, Y).predict_proba(given), wanted)


def test_grid_reaches_the_settings_of_layers_inside():
    grid = {"residual2__in__units": [2, 3], "residual1__dropout1": [Dropout(0.1), Dense(5)]}
    search = GridSearchCV(on_samples(), grid, cv=2, error_score="raise").fit(X, Y)
    best = search.best_params_
    branch = search.best_estimator_.layers[2].layers
    assert branch[0][1].units == best["residual2__in__units"] in (2, 3)
    assert repr(search.best_estimator_.layers[1].layers[3]) == repr(best["residual1__dropout1"])
    assert search.best_estimator_.coefs_[3].shape == (5, branch[0][1].units)
    assert FLAT[2].layers[0][1].units == 7  # the layers that were given are left alone


def test_settings_are_set_by_name():
    inner = Residual([("in", Dense(3)), Dense(4)])
    layer = Residual([inner, Dense(4)], "projection")
    layer.set_params(residual1__in__units=5, dense1__activation="tanh", shortcut="auto")
    assert (inner.layers[0][1].units, layer.layers[1].activation) == (5, "tanh")
    layer.set_params(residual1__in=Dense(6), dense1=Dense(2))
    assert repr(layer) == (
        "Residual(layers=[Residual(layers=[('in', Dense(units=6)), Dense(units=4)]), "
        "Dense(units=2)])"
    )
    layer.set_params(layers=[Dense(3)], dense1__units=9)
    assert repr(layer) == "Residual(layers=[Dense(units=9)])"
    assert layer.get_params(deep=False) == {"layers": layer.layers, "shortcut": "auto"}
    assert layer.get_params()["dense1__units"] == 9
    assert Residual(3).get_params() == {"layers": 3, "shortcut": "auto"}
    with pytest.raises(ValueError, match="Invalid parameter 'dense7' for Residual"):
        layer.set_params(dense7=Dense(3))


def test_sparse_rows_are_made_dense():
    from scipy.sparse import csr_array

    reg = SequentialRegressor([Residual([Dense(6)])], **SMALL)
    given = X * (np.abs(X) > 1)
    dense, sparse = clone(reg).fit(given, Y), clone(reg).fit(csr_array(given), Y)
    assert_array_equal(dense.predict(given), sparse.predict(csr_array(given)))


def test_lbfgs_trains_it_and_refuses_dropout_inside():
    settings = {"solver": "lbfgs", "max_iter": 300, "random_state": 0}
    reg = SequentialRegressor([Residual([Dense(6, "tanh")])], **settings)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert reg.fit(X, Y).score(X, Y) > 0.9
    with pytest.raises(ValueError, match="dropout"):
        on_samples(solver="lbfgs").fit(X, Y)


# Looking inside


def test_summary_shows_the_layers_inside_and_counts_them_once():
    clf = on_images()
    table = summary(clf, n_outputs=3)
    row = table.rows[1]
    inside = ["conv2d1", "batchnorm1", "activate1", "dropout1", "conv2d2", "batchnorm2"]
    assert [inner.name for inner in row.inside] == [*inside, "projection"]
    assert row.n_parameters == 9 * 4 * 8 + 2 * 8 + 9 * 8 * 8 + 8 + 2 * 8 + 4 * 8
    assert row.multiply_adds == 16 * (9 * 4 * 8 + 9 * 8 * 8 + 4 * 8)
    assert row.n_bytes == 4 * 16 * 8 * (6 + 1 + 1)
    clf.fit(PIXELS, Y)
    n_inside = sum(array.size for array in (*clf.coefs_, *clf.intercepts_)) + 2 * 2 * 8
    assert table.totals["n_parameters"] == n_inside
    printed = str(table)
    assert re.search(r"^residual1  +Residual  +4 x 4 x 8  +9 x 9  +936 ", printed, re.M)
    assert re.search(
        r"^  projection +Conv2D\(8, 1x1, stride=2, bias=False, identity\)", printed, re.M
    )


@BOTH
def test_trace_is_training_with_dropout_off(make, given):
    clf = make(alpha=0.1, dtype="float64").fit(given, Y)
    step = trace(clf, given, Y)
    layer = next(own for own in step.layers if own.name == "residual1")
    network = Network([layer.layer], layer.x.shape[1:])
    assert list(layer.params) == [item.name for item in network.layout.declared[0]]
    page = str(step)
    assert "z = branch(x) + shortcut(x)" in page
    assert "Dropout is off" in page
    assert "BatchNorm uses the statistics of these samples" in page
    without = [
        own if not isinstance(own, Residual)
        else Residual([one for one in own.layers if not isinstance(one, Dropout)])
        for own in clf.layers
    ]  # fmt: skip
    still = clone(clf).set_params(layers=without)
    gradient = new_gradient(still._layers(3), LOSSES["log_loss softmax"], *given.shape[1:])
    gradient.theta[...] = clf._current_model().theta
    gradient.mean(new_batch(given, np.eye(3)[Y]))
    grads = gradient.network.layout.views(gradient.grad)
    for own, wanted in zip(step.layers, grads, strict=True):
        for name, grad in wanted.items():
            penalty = 0.1 / N * own.params[name] if own.declared[name].decay else 0
            assert_allclose(own.grads[name], grad + penalty, rtol=1e-9, atol=1e-13)


def test_saliency_is_the_derivative_of_prediction():
    clf = on_images(dtype="float64").fit(PIXELS, Y)
    image = PIXELS[0]
    display = SaliencyDisplay.from_estimator(clf, image, plot=False)
    model, step, at = clf._current_model(), 1e-5, (3, 2, 1)
    z = []
    for sign in (1, -1):
        moved = image.copy()
        moved[at] += sign * step
        z.append(model.outputs(moved[None], 1e9)[0])
    z0 = model.outputs(image[None], 1e9)[0]
    difference = ((z[0] - z[1]) / (2 * step))[z0.argmax()]
    assert_allclose(display.gradient[at], difference, rtol=1e-5)


@BOTH
def test_panel_shows_the_network(make, given):
    for clf in (make(), make().fit(given, Y)):
        html = network_html(clf)
        assert ">residual1</div><div>Residual</div>" in html
        assert "cannot be shown" not in html


def test_displays_and_diagnosis_take_networks_with_shortcuts():
    clf = on_images()
    flow = GradientFlow()
    clf.set_callbacks(flow).fit(PIXELS, Y)
    assert flow.layer_names_ == ["conv2d1", "residual1", "dense1"]
    maps = FeatureMapDisplay.from_estimator(clf, PIXELS[0], layer="residual1", plot=False).maps
    model = clf._current_model()
    assert_allclose(maps, model.outputs(PIXELS[:1], 1e9, depth=2)[0], rtol=1e-9)
    first = SequentialClassifier([Residual([Conv2D(5)]), Flatten()], input_shape=IMAGE, **SMALL)
    filters = FilterDisplay.from_estimator(first.fit(PIXELS, Y), plot=False).filters
    assert_array_equal(filters, np.moveaxis(first.coefs_[0], -1, 0))
    found = diagnose(SequentialClassifier([Residual([Dense(6), BatchNorm()])]), 1000 * X, Y)
    assert "unscaled inputs" in str(found)


def test_network_asks_each_layer_inside_others_once_for_what_is_placed():
    calls = []

    class Counted(Dense):
        def placed(self, input_shape):
            calls.append(input_shape)
            return super().placed(input_shape)

    layer = Counted(4)
    for _ in range(12):
        layer = Residual([layer])
    network = Network([layer], (4,))
    assert calls == [(4,)]  # and not once for each question of each layer around it
    assert network.multiply_adds() == 16
    assert network.largest_product(3) == 48
    assert calls == [(4,)]


def test_steps_of_layers_inside_others_are_those_that_are_placed():
    branch = Network([Residual([Conv2D(4, stride=2), MaxPool2D(2)], "projection")], (8, 8, 4))
    assert strides_of(branch) == 4
