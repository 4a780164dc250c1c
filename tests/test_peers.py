"""Sums over several workers by messages, here from desk to desk in one process."""

import asyncio
import threading
from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip("distributed")
from sknn.dask.peers import Desk, LostError, Peers, close_desk, desk_of, open_desk

TIMEOUT = 20


class Worker:
    """As much of a worker as desks need; ``gone`` holds the addresses that do not answer."""

    def __init__(self, address, workers, gone=()):
        self.address, self.handlers, self.gone = address, {}, gone
        self.workers = workers
        workers[address] = self
        self.state = SimpleNamespace(tasks={})
        self.sent = 0

    def rpc(self, address):
        async def sknn_sums(attempt, number, parts):
            self.sent += 1
            if address in self.gone:
                raise OSError("no answer")
            handler = self.workers[address].handlers["sknn_sums"]
            answer = await handler(attempt=attempt, number=number, parts=parts.data)
            return {name: getattr(value, "data", value) for name, value in answer.items()}

        return SimpleNamespace(sknn_sums=sknn_sums)


def desks(n, gone=()):
    workers = {}
    return [Desk(Worker(f"w{rank}", workers, gone)) for rank in range(n)]


def total(desk, rank, n, value, number=0, attempt="a"):
    addresses = [f"w{each}" for each in range(n)]
    parts = {(rank, rank + 1): (np.float32([value]), np.array([1]))}
    return desk.total(attempt, number, rank, addresses, n, parts)


@pytest.mark.parametrize("n", [2, 3, 9, 20, 66])
def test_all_ranks_get_the_sum_of_the_tree_through_one_message_each(n):
    rng = np.random.default_rng(n)
    values = rng.normal(size=n).astype(np.float32)

    async def run():
        ranks = desks(n)
        for number in range(2):
            asked = [
                total(ranks[rank], rank, n, values[rank], number) for rank in rng.permutation(n)
            ]
            found = await asyncio.wait_for(asyncio.gather(*asked), TIMEOUT)
            assert len({float(sums[0][0]) for sums in found}) == 1
            assert all(sums[1][0] == n for sums in found)
            assert float(found[0][0][0]) == float(tree_sum(values))
        assert [desk.worker.sent for desk in ranks] == [0] + [2] * (n - 1)
        assert not any(desk._meetings for desk in ranks)

    asyncio.run(run())


def tree_sum(values):
    if len(values) == 1:
        return values[0]
    middle = 1
    while 2 * middle < len(values):
        middle *= 2
    return tree_sum(values[:middle]) + tree_sum(values[middle:])


def test_a_rank_that_does_not_answer_is_an_error_for_those_below_it():
    async def run():
        ranks = desks(10, gone={"w0"})
        asked = [total(ranks[rank], rank, 10, 1.0) for rank in (8, 9)]
        found = await asyncio.wait_for(asyncio.gather(*asked, return_exceptions=True), TIMEOUT)
        assert [type(error) for error in found] == [LostError, LostError]
        assert str(found[0]) == "rank 8: no answer"
        assert str(found[1]) == "rank 9: no answer"

    asyncio.run(run())


def test_a_rank_that_begins_again_ends_the_others():
    async def run():
        hub, leaf = desks(2)
        await asyncio.gather(total(hub, 0, 2, 1.0), total(leaf, 1, 2, 2.0))
        with pytest.raises(LostError, match="rank 1: a rank has restarted"):
            await total(leaf, 1, 2, 2.0)  # its first exchange once more
        waiting = asyncio.create_task(total(leaf, 1, 2, 2.0, number=1))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        again = asyncio.create_task(total(hub, 0, 2, 1.0, attempt="b"))
        with pytest.raises(LostError, match="rank 1: the epoch is run again"):
            await asyncio.wait_for(waiting, TIMEOUT)
        found = await asyncio.wait_for(total(leaf, 1, 2, 3.0, attempt="b"), TIMEOUT)
        assert found[0] == 4
        assert (await again)[0] == 4

    asyncio.run(run())


def test_a_rank_that_is_stopped_tells_those_who_wait():
    async def run():
        hub, leaf = desks(2)[:2]
        waiting = asyncio.create_task(total(leaf, 1, 3, 2.0))
        stopped = asyncio.create_task(total(hub, 0, 3, 1.0))
        await asyncio.sleep(0.01)
        stopped.cancel()
        with pytest.raises(LostError, match="rank 1: rank 0 has stopped"):
            await asyncio.wait_for(waiting, TIMEOUT)

    asyncio.run(run())


@pytest.fixture
def loop():
    """An event loop in a thread, as a worker has it."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    yield loop
    loop.call_soon_threadsafe(loop.stop)
    thread.join(TIMEOUT)
    loop.close()


def peers(desk, loop, rank, n, state="executing"):
    desk.worker.loop = SimpleNamespace(asyncio_loop=loop)
    desk.worker.state.tasks["key"] = SimpleNamespace(state=state)
    return Peers(desk, "a", rank, [f"w{each}" for each in range(n)], n, "key")


def test_a_task_waits_for_the_others_and_ends_when_it_is_cancelled(loop, monkeypatch):
    monkeypatch.setattr("sknn.dask.peers.PATIENCE", 0.01)
    hub, leaf = desks(2)
    one, other = peers(hub, loop, 0, 2), peers(leaf, loop, 1, 2)
    later = threading.Timer(0.05, other.total, ({(1, 2): (np.array(5.0),)},))
    later.start()
    assert one.total({(0, 1): (np.array(2.0),)}) == (7.0,)
    later.join(TIMEOUT)
    cancel = threading.Timer(0.05, hub.worker.state.tasks.clear)
    cancel.start()
    with pytest.raises(LostError, match="the task was cancelled"):
        one.total({(0, 1): (np.array(2.0),)})
    cancel.join(TIMEOUT)


def test_a_cancelled_task_does_not_begin_an_exchange(loop):
    hub, _ = desks(2)
    with pytest.raises(LostError, match="the task was cancelled"):
        peers(hub, loop, 0, 2, state="cancelled").total({(0, 1): (np.array(2.0),)})


def test_one_rank_needs_no_messages(loop):
    (desk,) = desks(1)
    peer = peers(desk, loop, 0, 1)
    peer.n_shards = 2
    parts = {(0, 1): (np.array(2.0),), (1, 2): (np.array(3.0),)}
    assert peer.total(parts) == (5.0,)


def test_errors_of_an_exchange_reach_the_task(loop, monkeypatch):
    (desk,) = desks(1)

    async def slow(*_):
        raise TimeoutError("of the exchange")

    monkeypatch.setattr(desk, "total", slow)
    with pytest.raises(TimeoutError, match="of the exchange"):
        peers(desk, loop, 0, 2).total({(0, 1): (np.array(2.0),)})


def test_a_worker_has_one_desk_which_lets_go_of_a_fit():
    worker = Worker("w", {})
    open_desk(worker)
    desk = desk_of(worker)
    assert worker.handlers["sknn_sums"] == desk.receive
    desk.kept = object()
    close_desk(worker)
    assert desk_of(worker) is desk
    assert desk.kept is None
