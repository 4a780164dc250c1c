"""Values of objects that are computed when they are first used."""


class cached:
    """A method as an attribute that is computed once.

    As ``functools.cached_property`` from Python 3.12 on. That of Python 3.11 holds a lock while it
    computes: threads wait for each other, and a child forked meanwhile waits for ever.
    """

    def __init__(self, compute):
        self.compute = compute
        self.__doc__ = compute.__doc__

    def __set_name__(self, owner, name):
        self.name = name

    def __get__(self, instance, owner=None):
        value = instance.__dict__[self.name] = self.compute(instance)
        return value
