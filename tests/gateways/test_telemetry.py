"""Measurements in real worker processes: whatever happens to one, the next measurement works."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import numpy as np
import psutil
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from model_operator.api.vocabulary import Reason
from model_operator.core.observed import Measurement
from model_operator.gateways.telemetry import WorkerTelemetry
from tests.gateways.telemetry_objects import (
    REFERENCE_END,
    SAMPLING,
    WINDOW,
    WINDOW_ROWS,
    calm,
    measure,
    plan,
    plan_without_profile,
    profile,
    residuals,
    telemetry_table,
    write_parquet,
)

MIB = 2**20


@pytest.fixture
async def telemetry(tmp_path: Path) -> AsyncIterator[WorkerTelemetry]:
    made = WorkerTelemetry((tmp_path,), processes=1, memory_bytes=64 * MIB, timeout_seconds=60.0)
    yield made
    await made.close()


@pytest.fixture
def good(tmp_path: Path) -> Path:
    return write_parquet(tmp_path / "good.parquet", calm(2 * WINDOW_ROWS, seed=3))


@pytest.fixture
def bomb(tmp_path: Path) -> Path:
    """A few kilobytes that unpack to more than the process may have: one row, over and over."""
    row = telemetry_table(calm(1, seed=3), REFERENCE_END + WINDOW - SAMPLING)
    pq.write_table(row.take(pa.array(np.zeros(3_900_000, dtype=np.int32))), tmp_path / "bomb.parquet")
    return tmp_path / "bomb.parquet"


@pytest.fixture
def slow(tmp_path: Path) -> Path:
    """Telemetry that takes seconds to read: thousands of names for one file."""
    folder = tmp_path / "slow"
    folder.mkdir()
    pyarrow.csv.write_csv(telemetry_table(calm(2 * WINDOW_ROWS, seed=3)), folder / "0.csv")
    for number in range(1, 10_000):
        os.link(folder / "0.csv", folder / f"{number}.csv")
    return folder


def workers() -> list[psutil.Process]:
    return [child for child in psutil.Process().children() if is_worker(child)]


def is_worker(process: psutil.Process) -> bool:
    try:
        return "spawn_main" in " ".join(process.cmdline())
    except psutil.Error:
        return False  # it has ended


async def measured(telemetry: WorkerTelemetry, path: Path) -> Measurement:
    return await telemetry.measure(plan(path), profile().to_bytes(), REFERENCE_END)


async def verdict_after_a_new_start(telemetry: WorkerTelemetry, good: Path) -> bool:
    return (await measured(telemetry, good)).current is not None


async def test_a_measurement_is_made_in_another_process(telemetry: WorkerTelemetry, good: Path) -> None:
    assert (await measured(telemetry, good)).current is not None
    assert len(workers()) == 1


async def test_plan_and_measurement_cross_into_the_process_and_back(telemetry: WorkerTelemetry, tmp_path: Path) -> None:
    """Drift, quality, the newest row and the labels are those that the same code finds in this process."""
    (tmp_path / "labels.csv").write_bytes(b"start,end\n")
    path = write_parquet(tmp_path / "P-1.parquet", calm(2 * WINDOW_ROWS - 30, seed=3))
    labels = {"labels": {"uri": (tmp_path / "labels.csv").as_uri()}}
    for wanted in (
        plan(path, telemetry=labels, max_age_seconds=60.0, residuals=(residuals(REFERENCE_END + WINDOW, 0.5),)),
        plan_without_profile(path, telemetry=labels),
    ):
        content = None if wanted.profile_digest is None else profile().to_bytes()
        found = await telemetry.measure(wanted, content, REFERENCE_END)
        assert found == measure(wanted, tmp_path)
        assert (found.quality is None, found.newest_row is None, found.labels_digest is None) == (False, False, False)


async def test_several_measurements_share_the_processes(telemetry: WorkerTelemetry, good: Path) -> None:
    found = await asyncio.gather(*(measured(telemetry, good) for _ in range(5)))
    assert [measurement.problem for measurement in found] == [None] * 5
    assert len(workers()) == 1


async def test_a_file_that_needs_too_much_memory_is_a_problem(
    telemetry: WorkerTelemetry, good: Path, bomb: Path
) -> None:
    found = await measured(telemetry, bomb)
    assert (found.current, found.problem) == (None, Reason.TELEMETRY_UNREADABLE)
    assert await verdict_after_a_new_start(telemetry, good)


async def test_a_file_that_takes_too_long_is_a_problem(good: Path, slow: Path, tmp_path: Path) -> None:
    telemetry = WorkerTelemetry((tmp_path,), processes=1, memory_bytes=512 * MIB, timeout_seconds=1.0)
    found = await measured(telemetry, slow)
    assert (found.current, found.problem) == (None, Reason.TELEMETRY_UNREADABLE)
    assert found.message.endswith("reading it takes longer than 1 s")
    assert await verdict_after_a_new_start(telemetry, good)
    await telemetry.close()


async def test_a_process_that_was_killed_while_idle_is_replaced(telemetry: WorkerTelemetry, good: Path) -> None:
    await measured(telemetry, good)
    (worker,) = workers()
    worker.kill()
    assert await verdict_after_a_new_start(telemetry, good)


async def test_a_process_that_was_killed_with_its_measurement_is_a_problem(
    telemetry: WorkerTelemetry, good: Path, slow: Path
) -> None:
    await measured(telemetry, good)
    (worker,) = workers()
    idle = worker.cpu_times().user
    task = asyncio.create_task(measured(telemetry, slow))
    while worker.cpu_times().user < idle + 0.3:  # noqa: ASYNC110 - until it is in the middle of reading
        await asyncio.sleep(0.05)
    worker.kill()
    found = await task
    assert (found.current, found.problem) == (None, Reason.TELEMETRY_UNREADABLE)
    assert found.message.endswith("its reader died with exit code -9")
    assert await verdict_after_a_new_start(telemetry, good)


@pytest.mark.parametrize(
    ("replace", "expected"),
    [
        pytest.param(Path.mkdir, Reason.TELEMETRY_UNAVAILABLE, id="a folder"),
        pytest.param(os.mkfifo, Reason.TELEMETRY_UNREADABLE, id="a pipe"),
        pytest.param(lambda path: path.symlink_to("/dev/zero"), Reason.TELEMETRY_NOT_ALLOWED, id="a device"),
    ],
)
async def test_a_file_that_became_something_else_is_a_problem(
    telemetry: WorkerTelemetry, tmp_path: Path, replace: Callable[[Path], object], expected: Reason
) -> None:
    replace(tmp_path / "P-1.parquet")
    assert (await measured(telemetry, tmp_path / "P-1.parquet")).problem is expected


async def test_without_a_measurement_no_process_runs(telemetry: WorkerTelemetry) -> None:
    assert workers() == []


async def test_idle_processes_end_and_start_again(good: Path, tmp_path: Path) -> None:
    telemetry = WorkerTelemetry((tmp_path,), processes=1, memory_bytes=64 * MIB, timeout_seconds=60.0, idle_seconds=0.0)
    assert (await measured(telemetry, good)).current is not None
    while workers():  # noqa: ASYNC110 - until they have ended
        await asyncio.sleep(0.05)
    assert (await measured(telemetry, good)).current is not None
    await telemetry.close()


LOADED = "import sys, {module}; print([name for name in {names} if name in sys.modules])"


@pytest.mark.parametrize(
    ("module", "names"),
    [
        pytest.param("telemetry", ["numpy", "scipy", "pyarrow"], id="the operator loads no library of the worker"),
        pytest.param(
            "telemetry_measuring",
            ["kopf", "kubernetes", "mlflow", "aiohttp"],
            id="the worker loads none of the operator",
        ),
    ],
)
def test_each_side_loads_its_own_libraries_only(module: str, names: list[str]) -> None:
    code = LOADED.format(module=f"model_operator.gateways.{module}", names=names)
    loaded = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert loaded.stdout == "[]\n"
