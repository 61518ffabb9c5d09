"""Replaying a recorded time gives the decisions that the live operator took."""

from datetime import timedelta
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import pytest

from kubectl_sensormodel.plan.places import Recordings
from kubectl_sensormodel.plan.profiles import Profiles
from kubectl_sensormodel.plan.telemetry import TelemetryHistory
from model_operator.api.base import parse_duration
from model_operator.api.retrainingpolicy import RetrainingPolicySpec
from model_operator.api.sensormodel import SensorModelSpec
from model_operator.api.vocabulary import Action, Reason
from model_operator.core.observed import PolicyObject
from model_operator.core.replay import Assumptions, Mode, RecordedModel, Replayed, replay
from tests.fakes import EPOCH
from tests.plugin.plan.live import DRIFT, Lived, Score, Told, live
from tests.plugin.plan.sensors import BEGIN, WINDOW, Values, quiet, stepped, stuck, write
from tests.shell.objects import Object

WINDOWS = 20  # of four hours; eight of them before the operator begins
LASTS = (WINDOWS - 8) * WINDOW


def replayed(lived: Lived, policy: Object) -> Replayed:
    """The same time once more, from what it has left behind."""
    metadata, spec = lived.model["metadata"], RetrainingPolicySpec.model_validate(policy)
    model = RecordedModel(
        namespace=metadata["namespace"],
        name=metadata["name"],
        uid=metadata["uid"],
        generation=metadata["generation"],
        spec=SensorModelSpec.model_validate(lived.model["spec"]),
        registry=lived.registry,
    )
    history = TelemetryHistory(Recordings(()), Profiles(lived.profiles.__getitem__))
    return replay(
        (model,),
        PolicyObject(name="default", generation=1, spec=spec),
        history,
        start=EPOCH,
        end=EPOCH + LASTS,
        assumptions=Assumptions(mode=Mode.RECORDED, tolerance=parse_duration(spec.check_interval)),
    )


def essence(decisions: list[Told]) -> list[tuple[Action, str, str]]:
    """What was decided, without what is said while nothing is the matter or no measurement has come yet."""
    told = [(one.action, one.reason, one.identity) for one in decisions if one.reason not in _SAY_NOTHING]
    return [decision for decision, _ in groupby(told)]


_SAY_NOTHING = {Reason.UP_TO_DATE, Reason.NOT_ASSESSED}
OFF = {"enabled": False}
ONLY_DRIFT = {"drift": DRIFT, "performance": OFF, "dataQuality": OFF, "schedule": OFF}
BUT_PERFORMANCE = {"drift": DRIFT, "performance": OFF}


class Case(NamedTuple):
    """What comes, and what must be among the decisions."""

    values: Values
    policy: Object
    shows: set[str]
    refused: tuple[int, ...] = ()  # versions that are no better than their champion
    score: Score = lambda _: 0.085  # RMSE that an evaluation finds; versions had 0.08 or 0.1 when they were registered


def worse_after(window: float) -> Score:
    """Version 1 doubles its error."""
    step = BEGIN + window * WINDOW
    return lambda task: 0.2 if task.version == 1 and task.window.end > step else 0.085


CASES = {
    "a quiet sensor is left alone": Case(
        quiet(WINDOWS),
        {"triggers": ONLY_DRIFT},
        {Reason.UP_TO_DATE},
    ),
    "two steps": Case(
        stepped(WINDOWS, 10.3, 16.2),
        {"triggers": ONLY_DRIFT, "checkInterval": "30m", "cooldown": "2h"},
        {Reason.DRIFT_DETECTED, Reason.PROMOTED},
    ),
    "a version that is refused": Case(
        stepped(WINDOWS, 11.3, height=0.8),
        {"triggers": ONLY_DRIFT, "checkInterval": "50m", "cooldown": "6h"},
        {Reason.DRIFT_DETECTED, Reason.NOT_BETTER, Reason.DRIFT_ALREADY_HANDLED, Reason.COOLING_DOWN},
        refused=(2,),
    ),
    "a schedule beside drift": Case(
        stepped(WINDOWS, 15.2),
        {
            "triggers": BUT_PERFORMANCE | {"schedule": {"interval": "20h", "jitter": "1h"}},
            "checkInterval": "1h",
            "cooldown": "1h",
        },
        {Reason.SCHEDULE_DUE, Reason.DRIFT_DETECTED},
    ),
    "bad telemetry holds": Case(
        stuck(stepped(WINDOWS, 17.2), 11.6, 2.0),
        {"triggers": BUT_PERFORMANCE | {"schedule": {"interval": "16h"}}, "checkInterval": "40m", "cooldown": "3h"},
        {Reason.DATA_ON_HOLD, Reason.SCHEDULE_DUE},
    ),
    "performance that degrades": Case(
        quiet(WINDOWS),
        {
            "triggers": {"drift": DRIFT, "schedule": OFF, "performance": {"metric": "RMSE", "checkInterval": "6h"}},
            "checkInterval": "1h",
            "cooldown": "3h",
        },
        {Reason.EVALUATION_DUE, Reason.PERFORMANCE_DEGRADED, Reason.PROMOTED},
        score=worse_after(12.5),
    ),
}


@pytest.mark.parametrize("case", CASES, ids=CASES)
async def test_a_replay_decides_as_the_live_operator_did(case: str, tmp_path: Path) -> None:
    values, policy, shows, refused, score = CASES[case]
    lived = await live(tmp_path, values, policy, lasts=LASTS, refused=refused, score=score)
    assert shows <= {decision.reason for decision in lived.decisions}
    write(tmp_path / "p-1.parquet", values)
    outcome = replayed(lived, policy)
    again = [Told(one.time, one.action, one.reason, one.identity) for one in outcome.decisions]
    assert essence(again) == essence(lived.decisions)
    check = parse_duration(RetrainingPolicySpec.model_validate(policy).check_interval)
    acted = [[one for one in told if one.action is not Action.NONE] for told in (again, lived.decisions)]
    late = [abs(one.time - other.time) for one, other in zip(*acted, strict=True)]
    assert max(late, default=timedelta()) <= check
    assert all(training.recorded for training in outcome.trainings)
