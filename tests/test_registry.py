import pytest
from helpers import Square, built_in

from sknn.nn import Activation, Dense, Huber, Initializer, Layer, Loss, Optimizer, Schedule, Warmup
from sknn.nn.activations import Step as StepActivation
from sknn.nn.initializers import ForActivation, HeNormal
from sknn.nn.losses import Heads
from sknn.nn.schedules import Step as StepSchedule
from sknn.nn.storage.container import SavedModelError
from sknn.nn.storage.registry import CORE

KINDS = {kind.name: kind for kind in CORE}


class Scaled(Loss):
    """A loss of the user's, which works something out from its argument."""

    def __init__(self, scale=1.0):
        self.scale = scale
        self.squared = scale**2


@pytest.mark.parametrize("base", [Activation, Initializer, Layer, Loss, Optimizer, Schedule])
def test_every_class_of_the_core_is_known_by_its_name(base):
    classes = KINDS[base.__name__.lower()].classes
    assert set(classes.values()) == {
        one for one in built_in(base) if one.__module__.startswith("sknn.nn")
    }
    assert all(name == one.__name__ for name, one in classes.items())


@pytest.mark.parametrize(
    ("kind", "value", "arguments"),
    [
        ("loss", Huber(0.3), {"delta": 0.3}),
        ("loss", Scaled(3.0), {"scale": 3.0}),
        ("activation", StepActivation(), {}),
        ("activation", Square(), {}),
        ("schedule", StepSchedule(3, factor=0.5), {"every": 3, "factor": 0.5}),
        (
            "layer",
            Dense(3, trainable=False),
            {
                "units": 3,
                "activation": "relu",
                "bias": True,
                "weight_init": "auto",
                "trainable": False,
                "bias_init": None,
                "scaling": "standard",
                "rate": 1.0,
                "bias_rate": 1.0,
            },
        ),
    ],
)
def test_object_is_named_and_made_again(kind, value, arguments):
    assert KINDS[kind].named(value) == (type(value).__name__, arguments)
    made = KINDS[kind].make(type(value).__name__, arguments, further=[Scaled, Square])
    assert type(made) is type(value)
    assert vars(made) == vars(value)


def test_objects_inside_an_object_are_arguments():
    schedule, activation, initializer, loss = StepSchedule(), Square(), HeNormal(), Huber()
    assert KINDS["schedule"].named(Warmup(schedule, 5))[1] == {"schedule": schedule, "steps": 5}
    of_both = {"activation": activation, "initializer": initializer}
    assert KINDS["initializer"].named(ForActivation(activation, initializer))[1] == of_both
    groups = [slice(0, 2), slice(2, 5)]
    assert KINDS["loss"].named(Heads(loss, groups))[1] == {"loss": loss, "groups": groups}


def test_same_name_in_two_kinds_stands_for_two_classes():
    assert type(KINDS["activation"].make("Step", {})) is StepActivation
    assert type(KINDS["schedule"].make("Step", {})) is StepSchedule


@pytest.mark.parametrize(
    "name", ["os.system", "eval", "Scaled", "Square", "dict", "Dense", "", "Activation.__init__"]
)
def test_class_that_is_not_known_is_not_made(name):
    message = rf"an object of the class '{name}', and no loss of sknn has this name. If you know"
    with pytest.raises(SavedModelError, match=message):
        KINDS["loss"].make(name, {})
    with pytest.raises(SavedModelError, match=message):
        KINDS["loss"].make(name, {}, further=[Square, dict])  # of another kind


def test_class_of_the_users_cannot_stand_for_one_of_the_core():
    class Huber(Loss):
        """Not the one of the core."""

    with pytest.raises(TypeError, match=r"has the name of one of sknn's own classes: rename"):
        KINDS["loss"].named(Huber())
    assert type(KINDS["loss"].make("Huber", {}, further=[Huber])) is not Huber


def test_class_of_the_users_may_have_a_name_that_the_core_had_before():
    class For(Initializer):
        """Not the one of earlier files."""

    assert type(KINDS["initializer"].make("For", {}, further=[For])) is For


class Forgetful(Loss):
    """Keeps its argument under another name."""

    def __init__(self, scale):
        self._scale = scale


class Open(Loss):
    """Takes anything."""

    def __init__(self, **settings):
        self.settings = settings


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (
            Forgetful(1),
            r"Forgetful must store the argument 'scale' of its constructor as an",
        ),
        (Open(a=1), r"Open must store the argument 'settings'"),
    ],
)
def test_object_that_hides_its_arguments_is_refused(value, message):
    with pytest.raises(TypeError, match=message):
        KINDS["loss"].named(value)


def test_object_that_has_changed_since_is_refused():
    loss = Scaled()
    loss.calls = 7
    with pytest.raises(
        TypeError, match=r"Scaled has the attributes \['calls'\], which the arguments"
    ):
        KINDS["loss"].named(loss)
    loss = Scaled()
    del loss.squared
    with pytest.raises(
        TypeError, match=r"Scaled has the attributes \['squared'\], which the argum"
    ):
        KINDS["loss"].named(loss)
