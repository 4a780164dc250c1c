"""The workers that train one network: the client's side of a fit on a cluster.

The client runs the loop over epochs. History, early stopping, schedules, callbacks and best weights
are handled on the client as without a cluster. For each epoch it submits one task per worker and
takes over the state of rank 0. An epoch that fails is run again from the state on the client.
"""

import sys
from contextlib import contextmanager, suppress
from copy import deepcopy
from dataclasses import dataclass
from time import monotonic, sleep
from uuid import uuid4

import numpy as np

from sknn.dask.peers import LostError, close_desk, open_desk
from sknn.dask.ranks import Orders, Replica, count_rows, pack, train_epoch
from sknn.nn.blocks import Blocks
from sknn.nn.model import Model
from sknn.warning import warn

LOOK = 0.2  # seconds between checks that all workers are alive
GRACE = 30  # seconds to wait for a worker


def client_for(client):
    """Returns the given Client, or else the current one, or None if there is no client.

    client: Client, None or False
    """
    distributed = sys.modules.get("distributed")  # without it there is no client
    if client is False or (client is None and distributed is None):
        return None
    if client is None:
        try:
            client = distributed.default_client()
        except ValueError:
            return None
    if distributed is None or not isinstance(client, distributed.Client):
        raise ValueError(f"client must be a distributed.Client, None or False, got {client!r}.")
    if client.asynchronous:
        raise ValueError(
            "fit requires a Client that waits for the workers, got an asynchronous Client. Create "
            "it with asynchronous=False, or set client=False to train in this process."
        )
    return client


class Crew:
    """The workers of a Client while they train one network.

    Parameters
    ----------
    client : distributed.Client
        The client whose workers train.
    max_restarts : int
        The maximum number of epochs that are run again because a worker was lost.
    local_steps : int
        The number of steps between two exchanges.
    """

    def __init__(self, client, max_restarts=3, local_steps=1):
        self.client, self.max_restarts, self.local_steps = client, max_restarts, local_steps
        self.name = uuid4().hex
        self.held_out, self.score = [], None  # futures of Rows; score as in HeldOutBlocks
        self.validation = []  # ValidationSums of the last epoch, one per future
        self._loss, self._memory = None, None  # for predictions; memory: bytes per chunk
        self.n_shards = 1
        self._restarts = self._turn = 0
        self._addresses = []  # addresses of the workers with the weights, by rank

    def workers(self):
        """Returns the addresses of the available workers. Raises RuntimeError if there are none."""
        deadline = monotonic() + GRACE  # Client.wait_for_workers hangs if the cluster is closed
        while not (found := self._alive()):
            if monotonic() > deadline:
                raise RuntimeError(
                    f"No worker is available after {GRACE} seconds. Start a worker, or set "
                    "client=False to train in this process."
                )
            sleep(LOOK)
        return found

    def _alive(self):
        """Returns the addresses that the scheduler lists. Raises RuntimeError if it is gone."""
        self._check_client()
        try:
            return sorted(self.client.nthreads())
        except OSError as error:
            raise RuntimeError(
                f"The scheduler no longer answers ({error}). Create a new Client and fit again."
            ) from error

    def _check_client(self):
        if self.client.status != "running":
            raise RuntimeError(
                "The client must be connected to its scheduler, got a client with status "
                f"{self.client.status!r}. Create a new Client and fit again."
            )

    def counts(self, reader):
        """Returns the Count of each partition, computed by the workers."""
        sent, blocks = reader.without_partitions(), reader.partitions.blocks
        tasks = self._tasks(count_rows, ((sent, i, block) for i, block in enumerate(blocks)))
        return self.client.gather(tasks)

    def rows_of(self, reader, numbers, ats=None):
        """Returns futures of the Rows of groups of blocks.

        numbers: for each group a list of block numbers    ats: for each group the numbers of the
        rows to keep, or None for all
        """
        sent, blocks = reader.without_partitions(), reader.partitions.blocks
        places = [[reader.numbers[number] for number in group] for group in numbers]
        groups = ([blocks[place] for place in group] for group in places)
        ats = ats or [None] * len(places)
        workers = self.workers()
        spans = np.array_split(np.arange(len(places)), min(len(places), len(workers)))
        near = [workers[rank] for rank, span in enumerate(spans) for _ in span]
        given = ((sent, *each) for each in zip(places, groups, ats, strict=True))
        return self._tasks(pack, given, near)

    def divide(self, shards, n_blocks):
        """Sets the number of shards: ``shards``, or the smaller number of workers and blocks."""
        n_workers = len(self.workers())
        if shards is not None and shards > n_blocks:
            raise ValueError(
                f"shards must be at most {n_blocks}, the number of blocks of X with rows, got "
                f"{shards!r}. Divide X into more blocks, or use shards={n_blocks}."
            )
        self.n_shards = min(n_workers, n_blocks) if shards is None else int(shards)
        if self.n_shards < n_workers:
            warn(
                f"{n_workers - self.n_shards} of {n_workers} workers have nothing to do, because "
                f"the number of shards is {self.n_shards}. Divide X into more blocks, or raise "
                "shards."
            )

    def _tasks(self, function, arguments, near=None):
        """Returns futures of function(*each); near: the preferred worker for each, or None."""
        import dask

        task = dask.delayed(function, pure=False, traverse=True)
        tasks = [task(*each) for each in arguments]
        if near is None:
            return self.client.compute(tasks)
        return [
            self.client.compute(one, workers=[worker], allow_other_workers=True)
            for one, worker in zip(tasks, near, strict=True)
        ]

    @contextmanager
    def at_work(self, fit, watch):
        """Reserves the workers for this fit, and releases the weights on them at the end."""
        from distributed import MultiLock

        self._loss, self._memory = fit.model.loss, watch.memory
        lock = MultiLock(names=self.workers(), client=self.client)
        lock.id = f"{self.client.id} {lock.id}"  # identifies the owner if this client disappears
        while not lock.acquire(timeout=1):
            self._check_client()
            self.client.run_on_scheduler(release_orphans)
        try:
            with self.client.as_current():  # distributed.wait uses the current client
                yield
        finally:
            if self.client.status == "running":  # otherwise release waits until it reconnects
                with suppress(Exception):  # an error of the fit is more informative
                    lock.release()
                    self.client.run(close_desk)

    def epoch(self, rows, gradient, plan, run):
        """Trains one epoch and updates gradient and run. Returns as ``training.one_epoch``.

        rows: WorkerRows
        """
        while True:
            try:
                turns = self._attempt(rows, gradient, plan, run)
                break
            except LostError as error:
                self._addresses = []
                self._restarts += 1
                if self._restarts > self.max_restarts:
                    raise RuntimeError(
                        f"Workers were lost {self._restarts} times, more often than max_restarts="
                        f"{self.max_restarts}: {error}. Check the logs of the workers, for "
                        "instance for a lack of memory, or raise max_restarts."
                    ) from error
                warn(f"A worker was lost ({error}). The epoch is repeated on the other workers.")
        theta, state, moments, progress, grad = turns[0].state
        np.copyto(gradient.theta, theta)
        np.copyto(gradient.state, state)
        run.moments.load_state(moments)
        run.progress = progress
        if grad is not None:
            np.copyto(gradient.grad, grad)
        self.validation = [sums for turn in turns for sums in turn.held_out]
        self._turn += 1
        return turns[0].figures

    def _attempt(self, rows, gradient, plan, run):
        """Returns the Turns of all ranks. Raises LostError if one of them is lost."""
        workers = self.workers()
        n_ranks = min(len(workers), len(rows.futures))
        replica = None
        if len(self._addresses) < n_ranks or not set(self._addresses) <= set(workers):
            self._addresses = workers[:n_ranks]
            try:
                replica = self._share(gradient, plan, run)
            except (KeyError, OSError) as error:  # from a worker that has disappeared
                raise LostError(f"no answer from {error}") from error
        attempt = uuid4().hex
        spans = np.array_split(np.arange(len(rows.futures)), n_ranks)
        held = np.array_split(np.arange(len(self.held_out)), n_ranks)
        tasks = []
        for rank, address in enumerate(self._addresses):
            orders = Orders(
                fit=self.name,
                attempt=attempt,
                key=f"sknn-epoch-{attempt}-{rank}",
                turn=self._turn,
                rank=rank,
                addresses=self._addresses,
                numbers=spans[rank].tolist(),
                lengths=rows.lengths if rows.split is None else rows.split.lengths,
                split=rows.split,
                progress=run.progress,
                score=self.score,
                local_steps=self.local_steps,
                memory=self._memory,
            )
            shards = [rows.futures[number] for number in spans[rank]]
            held_out = [self.held_out[number] for number in held[rank]]
            given = orders, replica, shards, held_out
            options = {"key": orders.key, "workers": [address], "pure": False, "retries": 0}
            tasks.append(self.client.submit(train_epoch, *given, **options))
        try:
            turns = self._watched(tasks)
        except BaseException:
            self.client.cancel(tasks, force=True)  # this also ends running tasks
            raise
        if len({turn.checksum for turn in turns}) > 1:
            raise RuntimeError(
                "All workers must have the same weights, but they differ, because their processors "
                "round differently. Train on workers of the same type."
            )
        return turns

    def _share(self, gradient, plan, run):
        """Sends the network and the state of its training to the workers. Returns a future."""
        self.client.run(open_desk, workers=self._addresses)
        own = run.copy()
        own.order, own.random_state = np.arange(1), np.random.RandomState(0)  # not used
        model = Model(gradient.network, self._loss, gradient.theta, gradient.state)
        replica = Replica(self.name, model, gradient.loss, plan, own, self._turn)
        return self.client.scatter(replica, workers=self._addresses, hash=False)

    def _watched(self, tasks):
        """Returns the results of the tasks. Raises LostError if a worker is lost."""
        from distributed import wait
        from distributed.client import FuturesCancelledError

        wanted = set(self._addresses)
        while True:
            pending = [task for task in tasks if not task.done()]
            if not pending:
                break
            with suppress(TimeoutError, FuturesCancelledError):  # handled below
                wait(pending, timeout=LOOK, return_when="FIRST_COMPLETED")
            alive = self._alive()
            if any(task.status in ("error", "cancelled", "lost") for task in tasks):
                break
            lost = wanted.difference(alive)
            if lost:
                raise LostError(f"{', '.join(sorted(lost))} no longer answers")
        if any(task.status != "finished" for task in tasks):
            self._raise_error(tasks)
        try:
            return self.client.gather(tasks)
        except (Exception, FuturesCancelledError) as error:
            raise _as_lost(error) from error

    def _raise_error(self, tasks):
        """Raises the error of a task that failed by itself, or else LostError."""
        from distributed import wait

        with suppress(Exception):  # errors of tasks are handled below
            wait(tasks, timeout=1)
        errors = [_as_lost(task.exception()) for task in tasks if task.status == "error"]
        own = [error for error in errors if not isinstance(error, LostError)]
        raise (own or errors or [LostError("a task was cancelled")])[0]


def _as_lost(error):
    """Returns a LostError if the error is about a lost worker, otherwise the error itself."""
    from distributed import KilledWorker
    from distributed.client import FutureCancelledError, FuturesCancelledError

    gone = isinstance(error, KilledWorker | FutureCancelledError | FuturesCancelledError | OSError)
    return LostError(str(error)) if gone else error


def release_orphans(dask_scheduler):
    """Releases the locks of fits whose client is gone, for ``Client.run_on_scheduler``."""
    extension = dask_scheduler.extensions["multi_locks"]
    for holder in list(extension.requests):
        client, _, lock = str(holder).partition(" ")
        if lock and client not in dask_scheduler.clients:
            extension.release(id=holder)


class WorkerRows(Blocks):
    """Training rows on the workers of a Crew. Each shard is a block; otherwise like ``Blocks``.

    crew: Crew    read: BlockReader    groups: for each shard a list of block numbers
    lengths: numbers of rows of the blocks, (n_blocks,)
    """

    numbered = 1  # an epoch uses rows of all shards at once

    def __init__(self, crew, read, groups, lengths, **others):
        super().__init__(read, np.array([lengths[group].sum() for group in groups]), **others)
        self.crew, self.groups = crew, groups
        self.futures = crew.rows_of(read, groups)

    def part(self, split, read=None):
        """Returns only the rows of a Split. With ``read`` they are stored separately."""
        part = super().part(split, read)
        if read is not None:
            ats = [split.rows(number) for number in range(len(self.groups))]
            part.futures = self.crew.rows_of(read, self.groups, ats)
        return part

    @property
    def n_shards(self):
        return len(self.futures)

    def epoch(self, gradient, plan, run):
        """Trains one epoch; see ``Source``."""
        return self.crew.epoch(self, gradient, plan, run)


@dataclass(frozen=True)
class HeldOutShards:
    """Validation samples on the workers of a Crew, which compute sums after each epoch."""

    crew: Crew

    at = x = labels = weight = None  # only a HeldOut with samples in memory has these

    def validate(self, model, _memory, _score=None):
        """Returns (loss, score) of the model after the last epoch."""
        first, *others = deepcopy(self.crew.validation)
        for sums in others:
            first.join(sums)
        return first.figures(model)
