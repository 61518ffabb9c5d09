"""Telemetry of the next phase arrives when the operator has shown what the phase before was for."""

import io
from pathlib import Path

import pytest

from demo import steps
from demo.follow import Follower
from demo.record import SensorRecord
from demo.replayer import Replayer
from demo.sensors import SENSORS
from demo.view import View

P_1 = SENSORS[0]
TELEMETRY = Path(__file__).parents[2] / "demo" / "telemetry"
LONG = 1e6  # seconds


@pytest.fixture
def follower(tmp_path: Path) -> Follower:
    """P-1 with the telemetry of its first training."""
    replayer = Replayer(P_1, TELEMETRY / "P-1.parquet", tmp_path, rows_per_second=10.0)
    replayer.deliver(P_1.first_rows)
    return Follower(P_1, SensorRecord(), steps.Progress(P_1), replayer)


def rows_after(follower: Follower, *seen: steps.Step) -> int:
    """The rows that have arrived a long time after these steps were seen."""
    view = View(io.StringIO(), clock=lambda: 0.0)
    follower.progress.proofs |= {step.name: "" for step in seen}
    for turn in range(4):
        follower.let_telemetry_come(turn * LONG, view)
    return follower.replayer.rows


def test_nothing_arrives_while_the_first_model_is_trained(follower: Follower) -> None:
    assert rows_after(follower, steps.FIRST_TRAINING, steps.FIRST_COMPLETE) == P_1.first_rows


def test_nominal_telemetry_arrives_once_version_1_is_production(follower: Follower) -> None:
    assert rows_after(follower, steps.FIRST_PRODUCTION) == P_1.nominal_rows


def test_shifted_telemetry_arrives_once_the_operator_has_said_that_there_is_no_drift(follower: Follower) -> None:
    assert rows_after(follower, steps.FIRST_PRODUCTION, steps.NO_DRIFT) == P_1.all_rows


def test_shifted_telemetry_waits_for_the_last_nominal_row(follower: Follower) -> None:
    view = View(io.StringIO(), clock=lambda: 0.0)
    follower.progress.proofs = {steps.FIRST_PRODUCTION.name: "", steps.NO_DRIFT.name: ""}
    follower.let_telemetry_come(0.0, view)
    follower.let_telemetry_come(1.0, view)
    assert (follower.phase, follower.replayer.rows) == ("nominal", P_1.first_rows + 10)
