"""`kubectl sensormodel plan` as a person runs it, without a cluster."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from kubectl_sensormodel.plan.verb import duration
from tests.plugin.plan.sensors import Values, quiet, stepped, stuck, write
from tests.plugin.program import Program

WINDOWS = 40  # of four hours: almost a week
DRIFT = {"currentWindow": "4h", "referenceWindow": "28h"}


class Desk:
    """A folder with files, and the plugin."""

    def __init__(self, folder: Path, program: Program) -> None:
        self.folder = folder
        self.program = program
        self.models: list[Any] = []

    def sensor(self, name: str, values: Values, **spec: Any) -> None:
        """A SensorModel with its telemetry."""
        write(self.folder / f"{name}.parquet", values)
        self.models.append(
            {
                "apiVersion": "sensormodel.io/v1alpha1",
                "kind": "SensorModel",
                "metadata": {"name": name, "namespace": "plant"},
                "spec": {
                    "sensorID": name.upper(),
                    "modelType": "Telemanom",
                    "telemetry": {"uri": f"file:///telemetry/plant/{name}.parquet"},
                    "policyRef": {"name": "default"},
                    "training": {"lookback": "28h"},
                    **spec,
                },
            }
        )

    def present(self, **spec: Any) -> None:
        """The policy that the models have now."""
        self.models.append(policy(spec))

    def plan(self, spec: dict[str, Any], *options: str) -> Any:
        """Plan this policy."""
        (self.folder / "policy.yaml").write_text(yaml.safe_dump(policy(spec)), encoding="utf-8")
        (self.folder / "models.yaml").write_text(yaml.safe_dump_all(self.models), encoding="utf-8")
        files = ("-f", str(self.folder / "policy.yaml"), "--sensor-model", str(self.folder / "models.yaml"))
        return self.program("plan", *files, "--telemetry-root", str(self.folder), *options)

    def outcomes(self, spec: dict[str, Any], *options: str) -> dict[str, Any]:
        """What each policy does, by name."""
        answer = self.plan(spec, "-o", "json", *options)
        assert answer.code == 0, answer.err
        return {outcome["policy"]: outcome for outcome in answer.json["outcomes"]}


def policy(spec: dict[str, Any]) -> dict[str, Any]:
    return {
        "apiVersion": "sensormodel.io/v1alpha1",
        "kind": "RetrainingPolicy",
        "metadata": {"name": "default", "namespace": "plant"},
        "spec": spec,
    }


def only_drift(**drift: Any) -> dict[str, Any]:
    off = {"enabled": False}
    triggers = {"drift": DRIFT | drift, "performance": off, "dataQuality": off, "schedule": off}
    return {"checkInterval": "30m", "cooldown": "2h", "triggers": triggers}


@pytest.fixture
def desk(tmp_path: Path, program: Program) -> Desk:
    return Desk(tmp_path, program)


def test_the_plan_of_two_sensors_reads_as_reviewed(desk: Desk, golden: Callable[[str], None]) -> None:
    desk.sensor("p-1", stepped(WINDOWS, 12.3, 26.6))
    desk.sensor("p-2", stuck(stepped(WINDOWS, 30.2, seed=8), 16.2, 3.0))
    desk.present(cooldown="12h", triggers={"drift": DRIFT | {"severityThreshold": "High"}})
    answer = desk.plan(only_drift() | {"triggers": {"drift": DRIFT, "schedule": {"interval": "72h"}}})
    assert answer.code == 0
    golden(answer.out)


def test_a_laxer_threshold_gives_fewer_trainings_on_telemetry_that_drifts(desk: Desk) -> None:
    desk.sensor("p-1", stepped(WINDOWS, 12.3, 20.4, 29.6, height=0.9))
    strict = desk.outcomes(only_drift(severityThreshold="Moderate"))["policy.yaml"]["trainings"]
    lax = desk.outcomes(only_drift(severityThreshold="Critical"))["policy.yaml"]["trainings"]
    assert lax < strict


def test_a_quiet_sensor_is_not_retrained(desk: Desk) -> None:
    desk.sensor("p-1", quiet(WINDOWS))
    outcome = desk.outcomes(only_drift())["policy.yaml"]
    assert (outcome["trainings"], outcome["firstTrainings"], outcome["driftingPercent"]) == (0, 1, 0.0)


def test_never_trains_nothing_and_monthly_by_the_calendar(desk: Desk) -> None:
    desk.sensor("p-1", stepped(6 * 95, 300))
    outcomes = desk.outcomes(only_drift(), "--since", "95d")
    assert outcomes["never"]["trainings"] == 0
    assert outcomes["monthly"]["byTrigger"] == {"Schedule": 3}


def test_a_replay_begins_so_long_before_the_newest_row_as_asked(desk: Desk) -> None:
    desk.sensor("p-1", quiet(WINDOWS))
    made = desk.plan(only_drift(), "-o", "json", "--since", "48h").json
    assert (made["startTime"], made["endTime"]) == ("2026-01-04T07:59:00Z", "2026-01-06T07:59:00Z")


def test_refused_versions_leave_the_drift(desk: Desk) -> None:
    desk.sensor("p-1", stepped(WINDOWS, 12.3))
    assumed, contrary = desk.outcomes(only_drift()), desk.outcomes(only_drift(), "--assume-refused")
    assert assumed["policy.yaml"]["driftingPercent"] < 2 < contrary["policy.yaml"]["driftingPercent"]


def test_a_training_takes_as_long_as_said(desk: Desk) -> None:
    desk.sensor("p-1", quiet(WINDOWS))
    assert desk.outcomes(only_drift(), "--training-duration", "90m")["never"]["jobSeconds"] == 5400


def test_bad_telemetry_is_counted(desk: Desk) -> None:
    desk.sensor("p-1", stuck(quiet(WINDOWS), 16.2, 4.0))
    triggers = only_drift()["triggers"] | {"dataQuality": {"minScorePercent": 70}}
    outcomes = desk.outcomes({"triggers": triggers})
    assert 5 < outcomes["policy.yaml"]["badDataPercent"] < 20
    assert "badDataPercent" not in outcomes["never"]


def test_only_the_named_model_is_replayed(desk: Desk) -> None:
    desk.sensor("p-1", quiet(WINDOWS))
    desk.sensor("p-2", quiet(WINDOWS))
    assert [one["model"] for one in desk.plan(only_drift(), "-o", "json", "--model", "p-2").json["models"]] == [
        "plant/p-2"
    ]


def test_a_figure_is_drawn_where_it_was_asked_for(desk: Desk) -> None:
    desk.sensor("p-1", stepped(WINDOWS, 12.3))
    answer = desk.plan(only_drift(), "--figure", str(desk.folder / "plan.png"))
    assert answer.code == 0
    assert (desk.folder / "plan.png").read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    assert "plan.png" in answer.err


MISTAKES: dict[str, tuple[dict[str, Any], tuple[str, ...], int, str]] = {
    "a time that is none": (only_drift(), ("--since", "soon"), 2, "--since: 'soon' is not a duration"),
    "no time at all": (only_drift(), ("--since", "0h"), 2, "--since: 0h is no time"),
    "a model that is not there": (only_drift(), ("--model", "p-9"), 1, "no SensorModel p-9 in the files"),
    "labels without a cluster": (only_drift(), ("-l", "site=a"), 2, "--selector needs a cluster"),
    "a policy that the cluster would refuse": ({"cooldown": "tomorrow"}, (), 1, "spec.cooldown"),
    "a figure of no kind": (only_drift(), ("--figure", "plan.nothing"), 2, "--figure plan.nothing"),
}


@pytest.mark.parametrize("mistake", MISTAKES, ids=MISTAKES)
def test_a_mistake_is_told_in_a_sentence(mistake: str, desk: Desk) -> None:
    spec, options, code, said = MISTAKES[mistake]
    desk.sensor("p-1", quiet(12))
    answer = desk.plan(spec, *options)
    assert answer.code == code
    assert said in answer.err


def test_telemetry_that_is_elsewhere_is_told_with_what_to_do(desk: Desk) -> None:
    desk.sensor("p-1", quiet(12))
    (desk.folder / "p-1.parquet").unlink()
    answer = desk.plan(only_drift())
    assert answer.code == 1
    assert "file:///telemetry/plant/p-1.parquet is not on this machine" in answer.err
    assert "--telemetry-root" in answer.err


def test_too_little_telemetry_is_told(desk: Desk) -> None:
    desk.sensor("p-1", quiet(3))
    answer = desk.plan(only_drift())
    assert answer.code == 1
    assert "too little telemetry" in answer.err


@pytest.mark.parametrize(
    ("text", "length"), [("720h", timedelta(days=30)), ("30d", timedelta(days=30)), ("1h30m", timedelta(hours=1.5))]
)
def test_durations_are_those_of_go_or_days(text: str, length: timedelta) -> None:
    assert duration(text, "--since") == length
