"""Tables and short texts of a trace, where no two axes are of one length."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from sknn import SequentialClassifier
from sknn.inspection import trace
from sknn.inspection.tracing.records import _long_frame
from sknn.nn import Activate, BatchNorm, Conv2D, Dense, Flatten, PReLU

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

N = 7
IMAGES = np.random.default_rng(0).normal(size=(N, 5, 4, 2))
LABELS = np.arange(N) % 3


def traced(layers, X=IMAGES, **settings):
    clf = SequentialClassifier(layers, max_iter=1, random_state=0, alpha=0.5, l1=0.25, **settings)
    return trace(clf.fit(X, LABELS), X, LABELS)


@pytest.fixture(scope="module")
def step():
    return traced(
        [
            Conv2D(3, (2, 3), padding="valid", activation=PReLU(shared=False)),
            BatchNorm(),
            Flatten(),
            Activate(PReLU()),
            Dense(6, "tanh", bias=False),
        ]
    )


def test_layers_with_weights_are_those_of_that_role(step):
    assert [own.has_weights for own in step.layers] == [True, False, False, False, True, True]
    assert [own.name for own in step.layers if own.has_weights] == ["conv2d1", "dense1", "dense2"]


@pytest.mark.parametrize(
    ("layer", "names", "shape"),
    [
        ("conv2d1", ["sample", "row", "column", "channel"], (N, 4, 2, 3)),
        ("flatten1", ["sample", "unit"], (N, 24)),
    ],
)
def test_frame_of_a_layer_has_every_number_at_its_place(step, layer, names, shape):
    pytest.importorskip("pandas")
    own, frame = step[layer], step[layer].to_frame()
    assert frame.index.names == names
    assert list(frame.columns) == ["z", "a", "da", "delta"]
    for column in frame:
        assert getattr(own, column).shape == shape
        for place, number in zip(frame.index, frame[column], strict=True):
            assert number == getattr(own, column)[place]


@pytest.mark.parametrize(
    ("layer", "parameter", "names", "shape"),
    [
        ("conv2d1", "weight", ["row", "column", "channel", "filter"], (2, 3, 2, 3)),
        ("conv2d1", "bias", ["unit"], (3,)),
        ("conv2d1", "slope", ["unit"], (3,)),
        ("dense1", "weight", ["input", "unit"], (24, 6)),
        ("batchnorm1", "scale", ["unit"], (3,)),
        ("activate1", "slope", ["unit"], (1,)),
    ],
)
def test_frame_of_a_parameter_has_value_gradient_and_step(step, layer, parameter, names, shape):
    pytest.importorskip("pandas")
    own, frame = step[layer], step[layer].to_frame(parameter)
    assert list(frame.index.names) == names
    assert list(frame.columns) == ["value", "gradient", "after"]
    for column, arrays in (("value", own.params), ("gradient", own.grads), ("after", own.after)):
        array = arrays[parameter].reshape(shape)
        assert len(shape) > 1 or list(frame.index) == list(range(*shape))
        for place, number in zip(frame.index, frame[column], strict=True):
            assert number == array[place]


def test_frame_of_the_weights_of_a_single_input_has_two_axes():
    pytest.importorskip("pandas")
    layer = traced([Dense(3)], np.arange(N)[:, None] / N, solver="lbfgs")[0]
    frame = layer.to_frame("weight")
    assert frame.index.names == ["input", "unit"]
    assert list(frame.index) == [(0, 0), (0, 1), (0, 2)]
    assert list(frame.columns) == ["value", "gradient"]  # lbfgs takes no step
    message = r"^parameter must be None or one of \['weight', 'bias'\] for layer dense1, got 'w'\.$"
    with pytest.raises(ValueError, match=message):
        layer.to_frame("w")


def test_axes_that_have_no_name_are_numbered():
    pytest.importorskip("pandas")
    frame = _long_frame({"value": np.arange(24).reshape(2, 3, 4)}, ("", "unit"))
    assert frame.index.names == ["axis0", "axis1", "axis2"]
    assert frame.loc[(1, 2, 3), "value"] == 23


def test_frames_are_copies(step):
    pytest.importorskip("pandas")
    own = step["dense1"]
    for parameter, array in ((None, own.z), ("weight", own.params["weight"])):
        before = array.copy()
        frame = own.to_frame(parameter)
        frame.iloc[:, 0] = np.nan
        assert_allclose(array, before)


def test_loss_is_the_sum_of_its_three_parts(step):
    assert min(step.data_loss, step.l2_penalty, step.l1_penalty) > 0
    assert_allclose(step.loss, step.data_loss + step.l2_penalty + step.l1_penalty)
    text = f"<Trace of SequentialClassifier: 7 samples, 6 layers, loss {step.loss:.8g}>"
    assert repr(step) == text
    assert repr(step["conv2d1"]) == "<LayerTrace of conv2d1: (7, 5, 4, 2) -> (7, 4, 2, 3)>"


def test_layers_are_found_by_name_and_number(step):
    names = ["conv2d1", "batchnorm1", "flatten1", "activate1", "dense1", "dense2"]
    assert [step[name] for name in names] == step.layers == [step[at] for at in range(6)]
    with pytest.raises(KeyError) as caught:
        step["dense3"]
    assert caught.value.args == (f"no layer is called 'dense3': the names are {', '.join(names)}.",)


def test_window_is_by_default_the_first_of_all(step):
    window = step.window("conv2d1")
    assert (window.sample, window.position, window.filter) == (0, (0, 0), 0)
    assert window.a == step[0].a[0, 0, 0, 0]
    other = step.window(0, 5, [3, 1], 2)
    assert (other.sample, other.position, other.filter) == (5, (3, 1), 2)
    assert other.a == step[0].a[5, 3, 1, 2]
