"""What a person reads while the demo runs."""

import io

import pytest

from demo.record import Record, RegistryState
from demo.sensors import SENSORS
from demo.steps import FIRST_TRAINING, Progress
from demo.view import View

P_1, D_5 = SENSORS


class Told:
    """A view, and the lines that it printed."""

    def __init__(self) -> None:
        self._out = io.StringIO()
        self.view = View(self._out, clock=lambda: 100.0)

    @property
    def lines(self) -> list[str]:
        return self._out.getvalue().splitlines()


@pytest.fixture
def told() -> Told:
    """A view that nothing was told to."""
    return Told()


def test_a_status_is_a_row_under_the_columns_of_kubectl_get(told: Told, recorded: Record) -> None:
    told.view.table_head()
    told.view.status(P_1, recorded.sensors["p-1"].statuses[-1].status)
    head, row = told.lines[:2]
    at = {name: head.index(name) for name in ("STAGE", "VERSION", "READY", "REASON")}
    assert [row[at[name] :].split()[0] for name in at] == ["Production", "2", "True", "UpToDate"]


def test_a_status_that_says_the_same_is_not_told_twice(told: Told, recorded: Record) -> None:
    status = recorded.sensors["p-1"].statuses[-1].status
    told.view.status(P_1, status)
    before = told.lines
    told.view.status(P_1, status)
    assert told.lines == before


def test_every_decision_that_did_something_is_told_with_its_numbers(told: Told, recorded: Record) -> None:
    for seen in recorded.sensors["d-5"].statuses:
        told.view.status(D_5, seen.status)
    text = " ".join(" ".join(told.lines).split())
    messages = [decision.message for decision in recorded.sensors["d-5"].status.history]
    assert [message for message in messages if " ".join(message.split()) not in text] == []


def test_no_line_is_longer_than_the_page(told: Told, recorded: Record) -> None:
    for sensor in SENSORS:
        for seen in recorded.sensors[sensor.name].statuses:
            told.view.status(sensor, seen.status)
        told.view.history(sensor, recorded.sensors[sensor.name])
    assert max(map(len, told.lines)) <= 140


def test_versions_and_their_stages_are_told_when_they_change(told: Told, recorded: Record) -> None:
    now = recorded.sensors["p-1"].registry
    before = now.model_copy(
        update={"versions": tuple(version.model_copy(update={"stage": "Staging"}) for version in now.versions)}
    )
    told.view.registry(P_1, RegistryState(), before)
    told.view.registry(P_1, before, now)
    told.view.registry(P_1, now, now)
    assert [line.split("└─ ")[1] for line in told.lines] == [
        f"run {now.versions[0].run_id[:8]}… → version 1 of telemanom_P-1 is registered in MLflow",
        f"run {now.versions[1].run_id[:8]}… → version 2 of telemanom_P-1 is registered in MLflow",
        "version 1: Staging → Archived in MLflow",
        "version 2: Staging → Production in MLflow",
    ]


def test_a_step_says_how_many_of_all_were_seen(told: Told) -> None:
    progress = [Progress(P_1, {FIRST_TRAINING.name: "Job p-1-x"}), Progress(D_5)]
    told.view.step(P_1, FIRST_TRAINING, "Job p-1-x", progress)
    assert told.lines == ["0:00 ✓ 1/20 p-1: first training starts: Job p-1-x"]


def test_there_is_no_colour_outside_a_terminal(told: Told) -> None:
    told.view.title("a heading")
    told.view.say("a line")
    assert told.lines == ["", "a heading", "0:00 a line"]
