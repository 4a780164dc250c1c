"""Objects that consist of settings: the arguments of their constructor, kept unchanged."""

import inspect
from copy import copy
from typing import Any, Self

from sknn.nn.ranges import plain, remedy, shown

CONSTANT = (bool, int, float, str, type(None))


class Settings:
    """Base class of layers, activations, initialisers and the like, which consist of settings.

    The constructor stores its arguments as attributes with the same names. These are used to
    show, copy and save the object. ``valid`` maps names to valid values; ``check`` is called when a
    network is built from the objects.
    """

    valid: dict[str, Any] = {}
    _setting_names: list[str]

    @classmethod
    def setting_names(cls) -> list[str]:
        """The names of the constructor's arguments, in order."""
        if "_setting_names" not in vars(cls):  # cached, because inspection is slow
            plain = cls.__init__ is object.__init__
            names = [] if plain else list(inspect.signature(cls.__init__).parameters)
            cls._setting_names = [name for name in names if name != "self"]
        return list(cls._setting_names)

    def settings(self) -> dict[str, Any]:
        """The arguments of the constructor by name, without those that were not stored."""
        names, own = self.setting_names(), vars(self)
        try:
            return {name: own[name] for name in names}
        except KeyError:  # one was not stored, or is a property
            return {name: getattr(self, name) for name in names if hasattr(self, name)}

    def check(self) -> None:
        """Raises ValueError if a setting is invalid, including those of nested objects."""
        for name, value in self.settings().items():
            if name in self.valid and value not in self.valid[name]:
                got = f"{self.valid[name]}, got {shown(value)}. {remedy(value)}"
                raise ValueError(f"{shown(self)}: {name} must be {got}".rstrip())
            if isinstance(value, Settings):
                value.check()

    def computed(self) -> Self:
        """These settings with Python numbers, as used in computations: itself, or a copy.

        It is to be called after ``check``.
        """
        given = self.settings()
        numbers = {
            name: value.computed() if isinstance(value, Settings) else plain(value)
            for name, value in given.items()
        }
        if all(numbers[name] is value for name, value in given.items()):
            return self
        computed = copy(self)
        vars(computed).update(numbers)
        return computed

    def __repr__(self):
        defaults = inspect.signature(type(self).__init__).parameters
        given = [
            f"{name}={shown(value) if isinstance(value, int) else repr(value)}"
            for name, value in self.settings().items()
            if shown(value) != shown(defaults[name].default)
        ]
        return f"{type(self).__name__}({', '.join(given)})"


def unchanged(value, before, constant=()):
    """Whether a setting, including those of a nested object, has certainly not changed.

    constant: the ids of objects whose settings never change; settings of other objects can have
    changed even if the object is the same
    """
    kind = type(value)
    if kind is not type(before):
        return False
    if not isinstance(value, Settings):
        return kind in CONSTANT and value == before
    if value is before:
        return id(value) in constant
    now, then = value.settings(), before.settings()
    return now.keys() == then.keys() and all(
        unchanged(own, then[name], constant) for name, own in now.items()
    )


class NestedSettings(Settings):
    """Settings that scikit-learn can clone and set in a search, as in ``solver__momentum``."""

    def get_params(self, deep: Any = True) -> dict[str, Any]:
        """The arguments of the constructor by name."""
        return self.settings()

    def set_params(self, **params: Any) -> Self:
        """Sets arguments of the constructor by name. Raises ValueError for an unknown name."""
        names = self.setting_names()
        for name, value in params.items():
            if name not in names:
                raise ValueError(
                    f"Invalid parameter {name!r} for {self!r}. Valid parameters are: {names!r}."
                )
            setattr(self, name, value)
        return self
