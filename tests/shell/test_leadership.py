"""Several processes and one Lease, in virtual time."""

import asyncio

import pytest

from model_operator.core.leadership import Lease
from model_operator.shell.leadership import Leadership
from tests.fakes import FakeLeases


def now() -> float:
    return asyncio.get_running_loop().time()


class View:
    """The Lease as one process reaches it: its network can fail without that of others."""

    def __init__(self, leases: FakeLeases) -> None:
        self._leases = leases

    async def read(self) -> Lease | None:
        return await self._leases.read()

    async def write(self, lease: Lease) -> Lease:
        return await self._leases.write(lease)

    def cut(self) -> None:
        self._leases = FakeLeases()
        self._leases.away = True


def process(leases: FakeLeases | View, identity: str, *, rate: float = 1.0) -> Leadership:
    """A replica whose clock runs at a rate of its own."""
    return Leadership(leases, identity=identity, monotonic=lambda: rate * now(), jitter=lambda: 0.0)


async def holder(leases: FakeLeases) -> str | None:
    lease = await leases.read()
    return lease.holder if lease else None


async def lost_at(replica: Leadership) -> tuple[float, str]:
    why = await replica.keep()
    return now(), why


async def test_the_first_leads_at_once_and_the_second_stands_by() -> None:
    leases = FakeLeases()
    first, second = process(leases, "first"), process(leases, "second")
    await first.acquire()
    keeping, waiting = asyncio.create_task(first.keep()), asyncio.create_task(second.acquire())
    await asyncio.sleep(3600)
    assert (keeping.done(), waiting.done()) == (False, False)
    assert (first.may_write(), second.may_write()) == (True, False)
    keeping.cancel()
    waiting.cancel()


async def test_after_a_silent_death_the_standby_leads_within_twenty_seconds() -> None:
    leases = FakeLeases()
    first, second = process(leases, "first"), process(leases, "second")
    await first.acquire()
    keeping, waiting = asyncio.create_task(first.keep()), asyncio.create_task(second.acquire())
    await asyncio.sleep(61)
    keeping.cancel()
    died = now()
    await waiting
    assert 13 < now() - died < 20
    assert leases.stored is not None
    assert (leases.stored.holder, leases.stored.transitions) == ("second", 1)


async def test_after_a_release_the_standby_leads_within_three_seconds() -> None:
    leases = FakeLeases()
    first, second = process(leases, "first"), process(leases, "second")
    await first.acquire()
    waiting = asyncio.create_task(second.acquire())
    await asyncio.sleep(1)
    await first.release()
    assert not first.may_write()
    released = now()
    await waiting
    assert now() - released < 3


async def test_a_leader_that_cannot_renew_writes_nothing_more_before_another_leads() -> None:
    leases = FakeLeases()
    view = View(leases)
    first, second = process(view, "first"), process(leases, "second")
    await first.acquire()
    waiting = asyncio.create_task(second.acquire())
    keeping = asyncio.create_task(lost_at(first))
    await asyncio.sleep(5)
    view.cut()
    (lost, why), _ = await asyncio.gather(keeping, waiting)
    assert (lost, why) == (14.0, "the lease was not renewed for 10 s")  # renewed last at 4
    assert not first.may_write()
    assert now() > lost
    assert second.may_write()


@pytest.mark.parametrize("rate", [0.9, 1.1], ids=["slow", "fast"])
async def test_a_clock_that_runs_a_tenth_wrong_makes_no_second_leader(rate: float) -> None:
    leases = FakeLeases()
    view = View(leases)
    first, second = process(view, "first", rate=rate), process(leases, "second", rate=2.0 - rate)
    await first.acquire()
    keeping, waiting = asyncio.create_task(first.keep()), asyncio.create_task(second.acquire())
    await asyncio.sleep(60)
    assert not second.may_write()
    view.cut()
    await asyncio.wait({keeping, waiting}, return_when=asyncio.FIRST_COMPLETED)
    assert (keeping.done(), waiting.done(), first.may_write()) == (True, False, False)
    await waiting


async def test_a_deleted_lease_is_made_anew_by_its_leader() -> None:
    leases = FakeLeases()
    first, second = process(leases, "first"), process(leases, "second")
    await first.acquire()
    keeping, waiting = asyncio.create_task(first.keep()), asyncio.create_task(second.acquire())
    await asyncio.sleep(31)
    leases.stored = None
    await asyncio.sleep(60)
    assert await holder(leases) == "first"
    assert (waiting.done(), keeping.done()) == (False, False)
    keeping.cancel()
    waiting.cancel()


async def test_a_leader_whose_lease_was_given_to_somebody_else_ends() -> None:
    leases = FakeLeases()
    first = process(leases, "first")
    await first.acquire()
    assert leases.stored is not None
    leases.stored = leases.stored.model_copy(update={"holder": "by hand", "resource_version": "edited"})
    at, why = await lost_at(first)
    assert (at <= 4.0, why) == (True, "the lease is held by by hand")
    assert not first.may_write()


async def test_a_process_that_was_stopped_and_goes_on_may_not_write() -> None:
    leases = FakeLeases()
    seconds = iter([0.0, 0.0, 0.0, 0.0, 9.9, 10.0])
    first = Leadership(leases, identity="first", monotonic=lambda: next(seconds), jitter=lambda: 0.0)
    await first.acquire()
    assert [first.may_write(), first.may_write()] == [True, False]


async def test_an_api_server_that_is_away_at_the_start_is_waited_for() -> None:
    leases = FakeLeases()
    leases.away = True
    waiting = asyncio.create_task(process(leases, "first").acquire())
    await asyncio.sleep(30)
    assert not waiting.done()
    leases.away = False
    await waiting
