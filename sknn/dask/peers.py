"""Sums over the shards of several workers, which are exchanged through the servers of the workers.

A message is (attempt, number, parts): the attempt at an epoch, the number of the exchange in it,
and the sums of some nodes of the tree. It is sent to the parent of a rank. The reply is the total.
"""

import asyncio
from weakref import WeakKeyDictionary

from sknn.nn.tree import joined, n_children, parent

PATIENCE = 0.2  # seconds between checks that the task is still wanted

_desks: WeakKeyDictionary = (
    WeakKeyDictionary()
)  # worker -> Desk; a process can have several workers


class LostError(Exception):
    """Raised when another rank or the state of this rank is lost. The epoch must be run again."""


def desk_of(worker):
    """Returns the Desk of a worker, which is created and registered in the first call."""
    if worker not in _desks:
        _desks[worker] = Desk(worker)
    return _desks[worker]


def open_desk(dask_worker):
    """Prepares a worker to receive sums, for ``Client.run``."""
    desk_of(dask_worker)


def close_desk(dask_worker):
    """Releases the state of a fit on a worker, for ``Client.run``."""
    desk_of(dask_worker).kept = None


class Desk:
    """Joins the sums of a worker's own shards with those that other ranks send.

    The methods run in the event loop of the worker.

    Attributes
    ----------
    kept : object
        The state that a rank keeps from epoch to epoch, for one fit at a time.
    """

    def __init__(self, worker):
        self.worker = worker
        self.kept = None
        self._attempt, self._number = None, -1  # of the last completed exchange
        self._meetings = {}  # (attempt, number) -> Meeting
        worker.handlers["sknn_sums"] = self.receive

    async def receive(self, attempt, number, parts):
        """Receives the sums of another rank and replies with the total."""
        from distributed.protocol import to_serialize

        if attempt == self._attempt and number <= self._number:
            return {"lost": "a rank has restarted"}
        meeting = self._meeting(attempt, number)
        meeting.bring(parts)
        try:
            return {"total": to_serialize(await asyncio.shield(meeting.total))}
        except LostError as error:  # if raised here, it would fill the log of the worker
            return {"lost": str(error)}

    async def total(self, attempt, number, rank, addresses, n_shards, parts):
        """Returns the total of all ranks; parts: the sums of the shards of this rank."""
        from distributed.protocol import to_serialize

        if attempt != self._attempt:
            self._begin(attempt)
        meeting = self._meeting(attempt, number)
        meeting.bring(parts, 1 + n_children(rank, len(addresses)))
        try:
            await meeting.complete.wait()
            parts, above = joined(meeting.parts, n_shards), parent(rank)
            if above is None:
                total = parts[0, n_shards]
            else:
                message = {"attempt": attempt, "number": number, "parts": to_serialize(parts)}
                answer = await self.worker.rpc(addresses[above]).sknn_sums(**message)
                if "lost" in answer:
                    raise LostError(answer["lost"])
                total = answer["total"]
        except (LostError, OSError) as error:
            meeting.fail(LostError(str(error)))
            raise LostError(f"rank {rank}: {error}") from error
        except asyncio.CancelledError:
            meeting.fail(LostError(f"rank {rank} has stopped"))
            raise
        self._meetings.pop((attempt, number), None)
        self._number = number
        meeting.total.set_result(total)
        return total

    def _meeting(self, attempt, number):
        return self._meetings.setdefault((attempt, number), Meeting())

    def _begin(self, attempt):
        """Fails all meetings of earlier attempts."""
        for key in [key for key in self._meetings if key[0] != attempt]:
            self._meetings.pop(key).fail(LostError("the epoch is run again"))
        self._attempt, self._number = attempt, -1


class Meeting:
    """One exchange at one rank.

    Attributes
    ----------
    parts : dict
        The sums of nodes that have arrived.
    complete : asyncio.Event
        Set when the sums of all ranks have arrived.
    total : asyncio.Future
        The total of all ranks.
    """

    def __init__(self):
        self.parts, self.complete = {}, asyncio.Event()
        self.total = asyncio.get_running_loop().create_future()
        self._n, self._wanted = 0, None

    def bring(self, parts, wanted=None):
        """Adds the sums of a rank; wanted: the number of ranks, passed by the rank itself."""
        self.parts.update(parts)
        self._n += 1
        self._wanted = wanted or self._wanted
        if self._n == self._wanted:
            self.complete.set()

    def fail(self, error):
        """Passes an error on to those who wait."""
        if not self.total.done():
            self.total.set_exception(error)
            self.total.exception()  # there may be nobody waiting


class Peers:
    """The Exchange of one rank in one attempt at an epoch, called in the thread of its task.

    key: key of the task, which ends when nobody waits for it any more
    """

    def __init__(self, desk, attempt, rank, addresses, n_shards, key):
        self.desk, self.attempt, self.rank = desk, attempt, rank
        self.addresses, self.n_shards, self.key = addresses, n_shards, key
        self.number = -1

    def total(self, parts):
        self.check()
        parts = joined(parts, self.n_shards)
        if len(self.addresses) == 1:
            return parts[0, self.n_shards]
        self.number += 1
        given = self.attempt, self.number, self.rank, self.addresses, self.n_shards, parts
        loop = self.desk.worker.loop.asyncio_loop
        coming = asyncio.run_coroutine_threadsafe(self.desk.total(*given), loop)
        try:
            while True:
                try:
                    return coming.result(PATIENCE)
                except TimeoutError:
                    if coming.done():
                        raise
                    self.check()
        finally:
            coming.cancel()

    def check(self):
        """Raises LostError if the task was cancelled or its client is gone."""
        task = self.desk.worker.state.tasks.get(self.key)
        if task is None or task.state != "executing":
            raise LostError("the task was cancelled")
