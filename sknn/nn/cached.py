"""Attributes of objects that are computed on first use."""


class cached:
    """Turns a method into an attribute that is computed once.

    It works like ``functools.cached_property`` from Python 3.12 on. In Python 3.11,
    ``cached_property`` holds a lock during the computation: threads wait for each other, and a
    child process forked in the meantime waits forever.
    """

    def __init__(self, compute):
        self.compute = compute
        self.__doc__ = compute.__doc__

    def __set_name__(self, owner, name):
        self.name = name

    def __get__(self, instance, owner=None):
        value = instance.__dict__[self.name] = self.compute(instance)
        return value
