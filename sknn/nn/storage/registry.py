"""Objects that are nothing but the arguments of their constructors: losses, layers and the like."""

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

RENAMED = {"For": "ForActivation", "Suited": "HeOrGlorot"}  # what earlier files call them


@dataclass(frozen=True)
class Kind:
    """Objects that can be named: by their class and the arguments of its constructor.

    includes: whether a class makes such    classes: those known, by their names
    attributes: object -> dict, where it keeps the arguments
    """

    name: str
    includes: Callable
    classes: dict
    attributes: Callable = vars

    @classmethod
    def of(cls, base):
        """Whatever is derived from a class of the core. Known is what the core derives from it."""
        own = {one.__name__: one for one in _below(base) if one.__module__.startswith("sknn.nn.")}
        return cls(base.__name__.lower(), lambda one: issubclass(one, base), own)

    def named(self, value):
        """(name of the class, arguments by name) that make an object like this one.

        Raises TypeError if they would not.
        """
        cls = type(value)
        if self.classes.get(cls.__name__, cls) is not cls:
            raise TypeError(f"{cls!r} has the name of a class of sknn's own: give it another one.")
        attributes, arguments = self.attributes(value), {}
        for name, argument in signature(cls).parameters.items():
            starred = argument.kind in (Argument.VAR_POSITIONAL, Argument.VAR_KEYWORD)
            if starred or not (name in attributes or hasattr(value, name)):
                raise TypeError(
                    f"{cls.__name__} must keep the argument {name!r} of its constructor under its "
                    "own name, so that an object like it can be made."
                )
            arguments[name] = attributes[name] if name in attributes else getattr(value, name)
        others = vars(value).keys() ^ vars(cls(**arguments)).keys()
        if others:
            raise TypeError(
                f"{cls.__name__} has {sorted(others)}, which the arguments of its constructor do "
                "not make again."
            )
        return cls.__name__, arguments

    def make(self, name, arguments, further=()):
        """The object. further: classes that are known in addition.

        Raises SavedModelError if the class is not known.
        """
        known = {one.__name__: one for one in further if self.includes(one)} | self.classes
        name = name if name in known else RENAMED.get(name, name)
        if name not in known:
            raise SavedModelError(
                f"it has an object of the class {shown(name)}, and no {self.name} of sknn's has "
                "this name. If you know and trust it, pass the class: load(path, classes=[...])"
            )
        return known[name](**arguments)


def _below(base):
    """A class and all that are derived from it."""
    return {base}.union(*map(_below, base.__subclasses__()))


CORE = tuple(map(Kind.of, (Activation, Initializer, Layer, Loss, Optimizer, Schedule)))
