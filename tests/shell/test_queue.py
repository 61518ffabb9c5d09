"""The work queue, in virtual time."""

import asyncio

import pytest

from model_operator.shell.queue import WorkQueue


def queue(jitter: float = 1.0) -> WorkQueue[str]:
    return WorkQueue(jitter=lambda: jitter, first_back_off=0.5, longest_back_off=300.0)


async def take(line: WorkQueue[str]) -> tuple[str | None, float]:
    """The next key and the virtual time at which it came."""
    return await line.get(), asyncio.get_running_loop().time()


async def is_idle(line: WorkQueue[str]) -> bool:
    try:
        await asyncio.wait_for(line.get(), 1_000_000)
    except TimeoutError:
        return True
    return False


async def test_keys_come_in_the_order_in_which_they_were_added() -> None:
    line = queue()
    for key in ("a", "b", "c"):
        line.add(key)
    assert [await line.get() for _ in range(3)] == ["a", "b", "c"]


async def test_a_key_that_waits_is_not_added_twice() -> None:
    line = queue()
    line.add("a")
    line.add("a")
    assert line.depth == 1
    assert await line.get() == "a"
    line.done("a")
    assert await is_idle(line)


async def test_a_key_is_never_given_to_two_workers_and_comes_again_when_it_was_added_meanwhile() -> None:
    line = queue()
    line.add("a")
    assert await line.get() == "a"
    line.add("a")
    line.add("a")
    assert line.depth == 0
    line.done("a")
    assert await line.get() == "a"
    line.done("a")
    assert await is_idle(line)


async def test_a_delayed_key_comes_at_its_time() -> None:
    line = queue()
    line.add_after("a", 60)
    assert await take(line) == ("a", 60)


async def test_of_two_delays_the_earlier_wins() -> None:
    line = queue()
    line.add_after("a", 60)
    line.add_after("a", 10)
    line.add_after("a", 30)
    assert await take(line) == ("a", 10)
    line.done("a")
    assert await is_idle(line)


async def test_a_pass_makes_what_was_planned_before_it_void() -> None:
    line = queue()
    line.add_after("a", 60)
    line.add("a")
    assert await take(line) == ("a", 0)
    line.done("a")
    assert await is_idle(line)


async def test_a_delay_that_is_set_during_a_pass_is_kept() -> None:
    line = queue()
    line.add("a")
    await line.get()
    line.add_after("a", 60)
    line.done("a")
    assert await take(line) == ("a", 60)


@pytest.mark.parametrize(
    ("jitter", "moments"),
    [
        pytest.param(1.0, [0.5, 1.5, 3.5, 7.5], id="back-off doubles from half a second"),
        pytest.param(0.0, [0.25, 0.75, 1.75, 3.75], id="jitter takes up to half of it away"),
    ],
)
async def test_retries_back_off_exponentially(jitter: float, moments: list[float]) -> None:
    line = queue(jitter)
    seen = []
    line.retry("a")
    for _ in moments:
        key, now = await take(line)
        seen.append(now)
        line.retry(str(key))
        line.done(str(key))
    assert seen == moments


async def test_back_off_never_exceeds_its_limit() -> None:
    line = queue()
    for _ in range(100):
        line.retry("a")
        await line.get()
        line.done("a")
    before = asyncio.get_running_loop().time()
    line.retry("a")
    assert await take(line) == ("a", before + 300)


async def test_success_resets_the_back_off() -> None:
    line = queue()
    for _ in range(5):
        line.retry("a")
        await line.get()
        line.done("a")
    line.succeed("a")
    before = asyncio.get_running_loop().time()
    line.retry("a")
    assert await take(line) == ("a", before + 0.5)


async def test_a_server_that_asks_for_more_patience_gets_it() -> None:
    line = queue()
    line.retry("a", at_least=30)
    assert await take(line) == ("a", 30)


async def test_the_longest_wait_counts_keys_that_wait_and_keys_that_are_worked_on() -> None:
    line = queue()
    assert line.longest_wait == 0
    line.add("a")
    await asyncio.sleep(5)
    line.add("b")
    assert line.longest_wait == 5
    await line.get()
    await asyncio.sleep(3)
    assert line.longest_wait == 3


async def test_a_closed_queue_releases_all_workers_and_takes_nothing_more() -> None:
    line = queue()
    workers = [asyncio.create_task(line.get()) for _ in range(3)]
    await asyncio.sleep(0)
    line.close()
    line.add("a")
    line.add_after("a", 1)
    assert await asyncio.gather(*workers) == [None, None, None]
    assert line.depth == 0
