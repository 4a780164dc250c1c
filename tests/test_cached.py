"""Values that are computed when they are first used."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from sknn.nn.cached import cached


class Square:
    """A side whose area is counted as it is computed."""

    def __init__(self, side, computed):
        self.side, self.computed = side, computed

    @cached
    def area(self):
        """Side times side."""
        self.computed(self.side)
        return self.side**2


def test_value_is_computed_once_for_each_object():
    sides = []
    three, four = Square(3, sides.append), Square(4, sides.append)
    assert [three.area, four.area, three.area, four.area] == [9, 16, 9, 16]
    assert sides == [3, 4]


def test_threads_do_not_wait_for_each_other():
    both = Barrier(2)  # broken if one waits until the other has its value
    with ThreadPoolExecutor(2) as pool:
        areas = [pool.submit(lambda n=n: Square(n, lambda _: both.wait(10)).area) for n in (2, 5)]
    assert [area.result() for area in areas] == [4, 25]
