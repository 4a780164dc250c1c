import ast
import inspect
import math
import re

import numpy as np
import pytest

from sknn import MLPRegressor, SequentialRegressor, nn
from sknn.nn import (
    ELU,
    SGD,
    Activation,
    BatchNorm,
    Conv2D,
    CosineDecay,
    Dense,
    Dropout,
    Flatten,
    Huber,
    Initializer,
    LayerNorm,
    LeakyReLU,
    Normal,
    OneCycle,
    Periodic,
    PiecewiseLinear,
    Plateau,
    PReLU,
    Step,
    Warmup,
)
from sknn.nn.network import Network
from sknn.nn.settings import Settings, unchanged


class Positional(Activation):
    def __init__(self, steepness, offset=0.0):
        self.steepness = steepness
        self.offset = offset


class Forgetful(Initializer):
    def __init__(self, width):
        pass


@pytest.mark.parametrize(
    ("made", "shown"),
    [
        (Flatten(), "Flatten()"),
        (ELU(), "ELU()"),
        (ELU(alpha=0.5), "ELU(alpha=0.5)"),
        (Huber(delta=2.0), "Huber(delta=2.0)"),
        (Positional(2), "Positional(steepness=2)"),
        (Positional(2, offset=1), "Positional(steepness=2, offset=1)"),
        (Conv2D(8, weight_init=Normal(std=0.1)), "Conv2D(filters=8, weight_init=Normal(std=0.1))"),
        (Forgetful(3), "Forgetful()"),
    ],
)
def test_object_shows_the_settings_that_are_no_defaults(made, shown):
    assert repr(made) == shown


def test_default_that_is_equal_but_another_object_is_a_default():
    assert repr(LeakyReLU(float("0.01"))) == "LeakyReLU()"
    assert repr(Conv2D(8, activation="RELU".lower())) == "Conv2D(filters=8)"


def test_subclass_has_names_of_its_own():
    class Narrow(ELU):
        def __init__(self, width):
            self.width = width

    assert ELU.setting_names() == ["alpha"]  # looked up before those of the subclass
    assert Narrow.setting_names() == ["width"]
    Narrow.setting_names().append("height")
    assert Narrow.setting_names() == ["width"]


@pytest.mark.parametrize("name", [name for name in nn.__all__ if inspect.isclass(vars(nn)[name])])
def test_defaults_are_those_documented(name):
    """Those of several names in one entry are listed with them: "low, high : float, ..."."""
    cls, defaults = vars(nn)[name], {}
    for names, documented in re.findall(
        r"^([\w, ]+) : .*, default=(.*)$", inspect.getdoc(cls), re.M
    ):
        several = documented.split(", ") if ", " in names else [documented]
        defaults |= dict(zip(names.split(", "), several, strict=True))
    arguments = inspect.signature(cls).parameters
    for argument, documented in defaults.items():
        numbers = {"inf": math.inf, "-inf": -math.inf, "1/6": 1 / 6}
        wanted = numbers[documented] if documented in numbers else ast.literal_eval(documented)
        assert (argument, arguments[argument].default) == (argument, wanted)


def test_settings_are_the_arguments_by_name():
    assert Positional(2).settings() == {"steepness": 2, "offset": 0.0}
    assert Flatten().settings() == {}
    assert isinstance(OneCycle(), Settings)
    kept = Conv2D(8, activation="tanh").settings()
    assert Conv2D(**kept).settings() == kept


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        (Dense(0), r"Layer dense1, Dense\(units=0\): units must be an int of at least 1, got 0\."),
        (Dense(True), "units must be an int of at least 1, got True"),
        (Dense(3, trainable="no"), "trainable must be True or False, got 'no'"),
        (Dense(3, ELU(0)), r"Layer dense1, ELU\(alpha=0\): alpha must be a number above 0, got 0"),
        (Dense(3, ELU(math.nan)), "alpha must be a number above 0, got nan"),
        (Dense(3, LeakyReLU(2)), "slope must be a number of at least 0 and up to 1, got 2"),
        (Dense(3, PReLU(math.inf)), "slope must be a finite number, got inf"),
        (Dense(3, weight_init=Normal(-1)), "std must be a number of at least 0, got -1"),
        (Dropout("a"), "rate must be a number of at least 0 and below 1, got 'a'"),
        (BatchNorm(momentum=2), "momentum must be a number of at least 0 and up to 1, got 2"),
        (LayerNorm(epsilon=0), "epsilon must be a number above 0, got 0"),
    ],
)
def test_network_is_not_made_of_settings_that_cannot_be(layer, message):
    with pytest.raises(ValueError, match=message):
        Network([layer], (4,))


@pytest.mark.parametrize(
    ("schedule", "message"),
    [
        (Step(every=0), r"Step\(every=0\): every must be an int of at least 1, got 0"),
        (Plateau(factor=1), "factor must be a number above 0 and below 1, got 1"),
        (CosineDecay(0), "total_steps must be an int of at least 1 or None, got 0"),
        (OneCycle(rising=1.5), "rising must be a number above 0 and below 1, got 1.5"),
        (Warmup("cosine", 5), "schedule must be a Schedule, got 'cosine'"),
    ],
)
def test_schedule_whose_settings_cannot_be_is_refused(schedule, message):
    with pytest.raises(ValueError, match=message):
        MLPRegressor(learning_rate=schedule).fit(np.eye(4), np.arange(4.0))


@pytest.mark.parametrize("delta", [0, -1, math.nan, math.inf, "a", None])
def test_loss_whose_settings_cannot_be_is_refused(delta):
    message = rf"Huber\(delta={delta!r}\): delta must be a number above 0, got {delta!r}\."
    with pytest.raises(ValueError, match=message):
        MLPRegressor(loss=Huber(delta)).fit(np.eye(4), np.arange(4.0))


@pytest.mark.parametrize("layer", [Dense(np.int64(3)), Conv2D(np.int64(3), np.int32(2))], ids=repr)
def test_shapes_are_plain_ints_whatever_the_sizes_are(layer):
    shape = layer.output_shape((4,) if isinstance(layer, Dense) else (4, 4, 1))
    assert shape[-1] == 3
    assert {type(side) for side in shape} == {int}


def test_numbers_of_numpy_are_as_good():
    Network([Dense(np.int64(3), ELU(np.float32(2))), Dropout(np.float64(0.5))], (4,))


def test_settings_of_python_are_computed_with_as_they_are():
    layer = Dense(3, ELU(0.5), weight_init=Normal(0.1))
    assert layer.computed() is layer


def test_settings_of_numpy_are_computed_with_as_those_of_python():
    layer = Dense(np.int8(3), ELU(np.float16(0.5)), weight_init=Normal(np.float64(0.1)))
    computed = layer.computed()
    assert (type(layer.units), type(layer.activation.alpha)) == (np.int8, np.float16)
    numbers = [computed.units, computed.activation.alpha, computed.weight_init.std]
    assert [(type(number), number) for number in numbers] == [(int, 3), (float, 0.5), (float, 0.1)]


@pytest.mark.filterwarnings("ignore:Stochastic Optimizer")
def test_network_and_loss_compute_with_numbers_of_python():
    """-np.uint8(1) is 255, and 128 times np.int8(1) overflows."""
    X = np.random.default_rng(0).normal(size=(12, 16))
    params = {"max_iter": 2, "random_state": 0}
    for ours, theirs in [
        ({"loss": Huber(1)}, {"loss": Huber(np.uint8(1))}),
        ({"solver": SGD(0.5)}, {"solver": SGD(np.float16(0.5))}),
        ({"learning_rate": Step(1, 0.1)}, {"learning_rate": Step(np.int8(1), np.float64(0.1))}),
        ({"dropout": 0.5}, {"dropout": np.float16(0.5)}),
    ]:
        fits = [
            MLPRegressor(hidden_layer_sizes=(3,), **params, **own).fit(X, 3 * X[:, 0])
            for own in (ours, theirs)
        ]
        np.testing.assert_array_equal(fits[0].coefs_[0], fits[1].coefs_[0])
    network = Network([Conv2D(np.int8(2)), Flatten(), Dense(1)], (4, 4, 1))
    assert network.layout.size == 9 * 2 + 2 + 32 + 1


@pytest.mark.parametrize(
    ("layer", "told"),
    [
        (Dense(3, ELU(10**400)), r"ELU\(alpha=1000.*401 characters.*got 1000.*1\.8e\+308\.$"),
        (Dense(-(10**400)), r"Dense\(units=-1000.*402 characters.*got -1000.*402 characters"),
        (Dense(3, ELU([10**400])), r"must be a number above 0, got \[1000.*403 characters\)\.$"),
        (Dense(3, ELU(10**5000)), "got an object of type int that is too long to show"),
    ],
    ids=["too large", "int", "list", "digits"],
)
def test_numbers_of_hundreds_of_digits_are_refused_in_few_words(layer, told):
    with pytest.raises(ValueError, match=told) as raised:
        Network([layer], (4,))
    assert len(str(raised.value)) < 400


HUGE = {
    "tangent": Dense(10**400, scaling="ntp"),
    "periodic": Periodic(2, 10**400),
    "piecewise": PiecewiseLinear([[0, 1]] * 4, 10**400),
}


@pytest.mark.parametrize("layer", HUGE.values(), ids=HUGE)
def test_sizes_of_hundreds_of_digits_are_refused_as_beyond_memory(layer):
    with pytest.raises(ValueError, match=r"=1000.* \(401 characters\).* values for weights"):
        SequentialRegressor([layer]).fit(np.eye(4), np.arange(4.0))


SHARED, OWN = LeakyReLU(), LeakyReLU()


@pytest.mark.parametrize(
    ("value", "before", "same"),
    [
        (3, 3, True),
        (3, 4, False),
        (3, 3.0, False),
        (True, 1, False),
        ("relu", "relu", True),
        (None, None, True),
        ([3], [3], False),  # it may have been another list
        (Dense(3), Dense(3), True),
        (Dense(3), Dense(3, bias=False), False),
        (Dense(3, ELU(0.5)), Dense(3, ELU(0.5)), True),
        (Dense(3, ELU(0.5)), Dense(3, ELU(0.6)), False),
        (Dense(3, ELU()), Dense(3, LeakyReLU()), False),
        (Dense(3, OWN), Dense(3, OWN), False),  # its slope may have been set since
        (Dense(3, SHARED), Dense(3, SHARED), True),
        (Forgetful(3), Forgetful(3), True),
    ],
)
def test_settings_are_unchanged_only_if_that_is_certain(value, before, same):
    assert unchanged(value, before, {id(SHARED)}) is same


def test_settings_that_one_object_lacks_have_changed():
    kept, forgotten = ELU(), ELU()
    del forgotten.alpha
    assert not unchanged(kept, forgotten)
    assert not unchanged(forgotten, kept)
