"""The line that shows how far a search has come."""

import sys
from io import StringIO

import pytest

from sknn.model_selection import progress
from sknn.model_selection.progress import ProgressLine


@pytest.fixture
def line(monkeypatch):
    """A line of which ten seconds pass between its start and every look at the clock."""
    times = iter(range(0, 1000, 10))
    monkeypatch.setattr(progress, "perf_counter", lambda: next(times))
    return ProgressLine(StringIO())


def shown(line):
    """The lines that were written, one over the other, without blanks at the end."""
    return [text.rstrip() for text in line.stream.getvalue().split("\r")[1:]]


def call(candidate, split, n_candidates=3, n_splits=2):
    """One fit of a search, as scikit-learn calls for it."""
    given = {"candidate_progress": (candidate, n_candidates), "split_progress": (split, n_splits)}
    return None, (), given


def test_line_stands_where_errors_do():
    assert ProgressLine().stream is sys.stderr


def test_line_tells_fits_best_mean_and_time_left(line):
    for candidate, scores in enumerate([(float("nan"), 0.9), (0.5, 0.7), (0.875, 0.5)]):
        for split, score in enumerate(scores):
            line([call(candidate, split)], [{"test_scores": score}], 1)
    assert shown(line) == [
        "1 of 6 fits, 50 s left",  # 10 s for one, five to go; no score that is a number
        "2 of 6 fits, 40 s left",
        "3 of 6 fits, best score 0.5, 30 s left",
        "4 of 6 fits, best score 0.6, 20 s left",
        "5 of 6 fits, best score 0.875, 10 s left",
        "6 of 6 fits, best score 0.6875, 0 s left",  # the mean of 0.875 and 0.5
    ]
    line([call(3, 0, n_candidates=4)], [{"test_scores": 0.25}], 1)
    assert "best score 0.6875" in shown(line)[-1]  # not the last one


def test_shorter_line_covers_the_longer_one_before_it(line):
    line([call(0, 0)], [{"test_scores": 0.123456}], 1)
    line([call(0, 1)], [{"test_scores": -0.123456}], 1)
    texts = line.stream.getvalue().split("\r")[1:]
    assert len(texts[1]) == len(texts[0]) > len(texts[1].rstrip())


def test_tasks_of_others_have_no_score_and_are_as_many_as_are_known(line):
    line([(None, (), {})], [object()], 361)
    assert shown(line) == ["1 of 361 fits, 1 h 0 min left"]
    line([(None, (), {})] * 350, [0.5] * 350, 361)
    assert shown(line)[1:] == ["351 of 361 fits, 1 s left"]  # 20 s / 351 fits, of which ten to go


def test_tasks_that_are_known_may_be_more_than_those_of_one_search(line):
    line([call(0, 0)], [{}], 20)
    assert shown(line) == ["1 of 20 fits, 3 min 10 s left"]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(59.4, "59 s"), (60, "1 min 0 s"), (125.6, "2 min 6 s"), (3599, "59 min 59 s")],
)
def test_durations_have_the_two_largest_units(seconds, text):
    assert progress._duration(seconds) == text


def test_line_ends_once_something_was_written(line):
    line.close()
    assert line.stream.getvalue() == ""
    line([call(0, 0)], [{}], 1)
    line.close()
    assert line.stream.getvalue() == "\r1 of 6 fits, 50 s left\n"
