"""A joblib backend whose tasks train their networks together."""

import warnings
from contextlib import closing, contextmanager

import numpy as np
from joblib import Parallel, cpu_count, delayed
from joblib.parallel import ParallelBackendBase, SequentialBackend
from sklearn import get_config

from sknn.model_selection.room import MOST, Room

SHARE = 64  # maximum number of tasks that a process takes at a time


class TogetherBackend(ParallelBackendBase):
    """Collects tasks, and runs them all when their results are requested.

    With ``n_jobs=1``, the tasks take turns in a Room of this process, whose training uses as many
    threads as BLAS may use. With more jobs, each process has a Room with a part of the tasks.

    Parameters
    ----------
    progress : callable or None
        (calls, results, number of known tasks) -> None, called after each completed task.
    """

    supports_retrieve_callback = True
    uses_threads = True
    supports_sharedmem = True

    def __init__(self, nesting_level=None, progress=None, **kwargs):
        super().__init__(nesting_level=nesting_level, **kwargs)
        self.progress = progress
        self._tasks = []
        self._asked = []  # the n_jobs of calls of effective_n_jobs since the last configure

    def effective_n_jobs(self, n_jobs):
        """The number of tasks that joblib submits at a time, which is the capacity of a Room."""
        if n_jobs == 0:
            raise ValueError("n_jobs == 0 in Parallel has no meaning")
        self._asked.append(n_jobs)
        return MOST

    def configure(self, n_jobs=1, parallel=None, **kwargs):
        self.parallel = parallel
        answer = self.effective_n_jobs(n_jobs)
        # The first call has the user's value. Ensembles then use min(the answer, n_estimators).
        self._n_processes = _n_processes(self._asked[0])
        self._asked.clear()
        return answer

    def submit(self, func, callback=None):
        self._tasks.append((func, callback))

    apply_async = submit  # the name before joblib 1.5

    def retrieve_result_callback(self, out):
        result, error = out
        if error is not None:
            raise error
        return result

    def get_nested_backend(self):
        """Nested calls run sequentially. Their networks train with those of other tasks."""
        return SequentialBackend(nesting_level=(self.nesting_level or 0) + 1), None

    def abort_everything(self, ensure_ready=True):
        self._tasks.clear()

    @contextmanager
    def retrieval_context(self):
        while self._tasks:
            tasks, self._tasks = self._tasks, []
            run = _in_this_process if self._n_processes == 1 else self._in_processes
            outcome = func = callback = None
            try:
                with closing(run([func for func, _ in tasks])) as ended:
                    for number, outcome in ended:
                        func, callback = tasks[number]
                        if self.progress and outcome[1] is None:
                            self.progress(func.items, outcome[0], len(tasks))
                        callback(outcome)
            finally:  # a traceback with this frame must not keep them alive
                tasks = outcome = func = callback = None
        yield

    def _in_processes(self, works):
        """Like ``_in_this_process``, but in several processes, grouped by the data of the tasks."""
        order = sorted(range(len(works)), key=lambda number: _fold(works[number]))
        n_processes = min(self._n_processes, len(works))
        n_shares = max(n_processes, -(-len(works) // SHARE))
        shares = [sorted(share.tolist()) for share in np.array_split(order, n_shares)]
        parallel = Parallel(n_processes, backend="loky", return_as="generator")
        outcomes = parallel(
            delayed(_all_in_this_process)([works[number] for number in share]) for share in shares
        )
        with _ended_early(outcomes):
            yield from _until_first_error(
                (share[number], outcome)
                for share, ended_there in zip(shares, outcomes, strict=True)
                for number, outcome in ended_there
            )


@contextmanager
def _ended_early(outcomes):
    """Ends the remaining tasks of a Parallel without joblib's warning that this wastes time."""
    try:
        yield
    finally:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            outcomes.close()


def _in_this_process(works):
    """Yields (number, (result, error)) of tasks as they end, up to the first error.

    The first error is that of the first task that fails, as if the tasks ran one after another.
    """
    room = Room(get_config()["working_memory"] * 2**20)
    with closing(room.run(works)) as tasks:
        yield from _until_first_error((number, _outcome(task)) for number, task in tasks)


def _all_in_this_process(works):
    return list(_in_this_process(works))


def _outcome(task):
    """Returns (result, error) of a task. Times in the result exclude waiting for other tasks."""
    for result in task.outcome or ():
        if isinstance(result, dict) and "fit_time" in result:
            result["fit_time"] -= task.waited
    outcome, task.outcome, task.error = (task.outcome, task.error), None, None
    return outcome


def _until_first_error(ended):
    """Yields (number, outcome) of successful tasks, and then that of the first that failed."""
    missing, failed = set(), {}
    following = 0
    for number, (result, error) in ended:
        missing.update(range(following, number))
        following = max(following, number + 1)
        missing.discard(number)
        if error is None:
            yield number, (result, None)
        else:
            failed[number] = error
        if failed and not any(other < min(failed) for other in missing):
            break
    if failed:
        yield min(failed), (None, failed[min(failed)])


def _fold(work):
    """The number of the split that a task of scikit-learn trains on, or 0 for other tasks."""
    return min(call[2].get("split_progress", (0,))[0] for call in work.items)


def _n_processes(n_jobs):
    """Counts like joblib: None means one, negative numbers leave some processors free."""
    if n_jobs is None:
        return 1
    return max(cpu_count() + 1 + n_jobs, 1) if n_jobs < 0 else n_jobs
