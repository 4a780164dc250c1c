"""Objects that are defined by the arguments of their constructor, such as losses and layers."""

from collections.abc import Callable
from dataclasses import dataclass
from inspect import Parameter as Argument
from inspect import signature

from sknn.nn.activations import Activation
from sknn.nn.initializers import Initializer
from sknn.nn.layers import Layer
from sknn.nn.losses import Loss
from sknn.nn.optimizers import Optimizer
from sknn.nn.schedules import Schedule
from sknn.nn.storage.container import SavedModelError, shown

RENAMED = {"For": "ForActivation", "Suited": "HeOrGlorot"}  # their names in earlier files


@dataclass(frozen=True)
class Kind:
    """A kind of objects that are saved by their class and the arguments of its constructor.

    includes: whether a class is of this kind    classes: the known classes by name
    attributes: object -> dict with its arguments
    """

    name: str
    includes: Callable
    classes: dict
    attributes: Callable = vars

    @classmethod
    def of(cls, base):
        """All subclasses of a class of the core. Those in the core are known."""
        own = {one.__name__: one for one in _below(base) if one.__module__.startswith("sknn.nn.")}
        return cls(base.__name__.lower(), lambda one: issubclass(one, base), own)

    def named(self, value):
        """(name of the class, arguments by name) that create an equal object.

        Raises TypeError if they would not.
        """
        cls = type(value)
        if self.classes.get(cls.__name__, cls) is not cls:
            raise TypeError(f"{cls!r} has the name of one of sknn's own classes: rename it.")
        attributes, arguments = self.attributes(value), {}
        for name, argument in signature(cls).parameters.items():
            starred = argument.kind in (Argument.VAR_POSITIONAL, Argument.VAR_KEYWORD)
            if starred or not (name in attributes or hasattr(value, name)):
                raise TypeError(
                    f"{cls.__name__} must store the argument {name!r} of its constructor as an "
                    "attribute of the same name, so that an equal object can be created."
                )
            arguments[name] = attributes[name] if name in attributes else getattr(value, name)
        others = vars(value).keys() ^ vars(cls(**arguments)).keys()
        if others:
            raise TypeError(
                f"{cls.__name__} has the attributes {sorted(others)}, which the arguments of its "
                "constructor do not restore."
            )
        return cls.__name__, arguments

    def make(self, name, arguments, further=()):
        """Creates the object. further: classes that are also known.

        Raises SavedModelError if the class is unknown.
        """
        known = {one.__name__: one for one in further if self.includes(one)} | self.classes
        name = name if name in known else RENAMED.get(name, name)
        if name not in known:
            raise SavedModelError(
                f"it has an object of the class {shown(name)}, and no {self.name} of sknn has this "
                "name. If you know and trust the class, pass it: load(path, classes=[...])"
            )
        return known[name](**arguments)


def _below(base):
    """A class and all its subclasses."""
    return {base}.union(*map(_below, base.__subclasses__()))


CORE = tuple(map(Kind.of, (Activation, Initializer, Layer, Loss, Optimizer, Schedule)))
