"""A line that shows the progress of a search."""

import sys
from collections import defaultdict
from math import isnan
from time import perf_counter


class ProgressLine:
    """Shows the completed tasks, the best score so far and the remaining time on one line.

    Parameters
    ----------
    stream : file or None
        The stream to write to. None means standard error.
    """

    def __init__(self, stream=None):
        self.stream = sys.stderr if stream is None else stream
        self._started, self._n_done = perf_counter(), 0
        self._scores = defaultdict(list)
        self._width = 0

    def __call__(self, calls, results, n_tasks):
        """Updates the line with completed tasks.

        calls: (function, args, kwargs) of each task; a search passes its candidate and split
        n_tasks: number of tasks known so far; a search passes the total number in its calls
        """
        for (_, _, given), result in zip(calls, results, strict=True):
            self._n_done += 1
            candidate, n_candidates = given.get("candidate_progress") or (None, 1)
            _, n_splits = given.get("split_progress") or (None, n_tasks)
            n_tasks = max(n_tasks, n_candidates * n_splits)
            score = result.get("test_scores") if isinstance(result, dict) else None
            if candidate is not None and isinstance(score, float):
                self._scores[candidate].append(score)
        self._show(n_tasks)

    def close(self):
        """Ends the line."""
        if self._width:
            self.stream.write("\n")

    def _show(self, n_tasks):
        left = (perf_counter() - self._started) / self._n_done * (n_tasks - self._n_done)
        parts = [f"{self._n_done} of {n_tasks} fits", *self._best(), f"{_duration(left)} left"]
        line = ", ".join(parts)
        self.stream.write("\r" + line.ljust(self._width))
        self._width = len(line)
        self.stream.flush()

    def _best(self):
        means = [sum(scores) / len(scores) for scores in self._scores.values()]
        means = [mean for mean in means if not isnan(mean)]
        return [f"best score {max(means):.4g}"] if means else []


def _duration(seconds):
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes, seconds = divmod(round(seconds), 60)
    return f"{minutes} min {seconds} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
