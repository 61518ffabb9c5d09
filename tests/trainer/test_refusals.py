"""Trainer Jobs with bad input: each ends with its reason and exit code, and leaves no version behind."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from mlflow import MlflowClient

from localcluster.mlflow_server import MlflowServer
from model_contract.keys import ExitCode, Tag
from model_contract.result import FailureReason, TrainingSucceeded
from tests.trainer.job_process import Job, a_job, failed
from tests.trainer.registry_view import require_nothing_registered, versions
from tests.trainer.telemetry_files import P1, P1_TRAIN_END, minutes, waves, write, write_labels

ROWS = 600
MISSING = np.nan
DAMAGE = slice(4, 400)  # bytes of a Parquet file's first page


def holding(name: str = "a.parquet", **columns: Any) -> Callable[[Path], dict[str, Any]]:
    """A file with these columns; those that are not named are a good `value`."""
    return lambda folder: {"uri": write(folder / name, minutes(ROWS), **({"value": waves(ROWS)} | columns))}


def holding_bytes(name: str, content: bytes) -> Callable[[Path], dict[str, Any]]:
    def written(folder: Path) -> dict[str, Any]:
        (folder / name).write_bytes(content)
        return {"uri": (folder / name).as_uri()}

    return written


def reading(**telemetry: Any) -> Callable[[Path], dict[str, Any]]:
    """P-1, and what else the task says about its telemetry."""
    return lambda _: {"uri": P1.as_uri()} | telemetry


def spoilt(spoil: Callable[[bytearray], Any], *others: str) -> Callable[[Path], dict[str, Any]]:
    """A Parquet file after something happened to its bytes; others beside it make it one of a folder."""

    def written(folder: Path) -> dict[str, Any]:
        for name in ("a.parquet", *others):
            write(folder / "telemetry" / name, minutes(ROWS), value=waves(ROWS))
        damaged = folder / "telemetry" / "a.parquet"
        content = bytearray(damaged.read_bytes())
        spoil(content)
        damaged.write_bytes(content)
        return {"uri": (damaged.parent if others else damaged).as_uri()}

    return written


def labelled(name: str, content: bytes) -> Callable[[Path], dict[str, Any]]:
    """P-1 with a label file."""
    return lambda folder: {"uri": P1.as_uri(), "labelsUri": holding_bytes(name, content)(folder)["uri"]}


def cut(content: bytearray) -> None:
    del content[len(content) // 2 :]


def damage(content: bytearray) -> None:
    """The footer stays good; a page is not what it says."""
    content[DAMAGE] = bytes(DAMAGE.stop - DAMAGE.start)


def with_hole(values: Any, hole: Any, rows: int = 10) -> Any:
    spoilt_values = np.array(values, dtype=np.float64)
    spoilt_values[300 : 300 + rows] = hole
    return spoilt_values


REFUSED = {
    "too few rows": (
        reading(),
        {"window": {"end": P1_TRAIN_END, "lookbackSeconds": 3600}},
        FailureReason.TOO_LITTLE_DATA,
        "the window holds 60 rows, at least 240 are needed",
    ),
    "a window without rows": (
        reading(),
        {"window": {"start": "2030-01-01T00:00:00Z", "end": "2030-01-08T00:00:00Z"}},
        FailureReason.TOO_LITTLE_DATA,
        "the window holds 0 rows",
    ),
    "a file that is missing": (
        lambda _: {"uri": "file:///gone.parquet"},
        {},
        FailureReason.TELEMETRY_NOT_FOUND,
        "there is no file or folder /gone.parquet",
    ),
    "a value without any reading": (
        holding(value=np.full(ROWS, MISSING)),
        {},
        FailureReason.DATA_NOT_FINITE,
        f"of {ROWS} rows: value {ROWS}",
    ),
    "an input without any reading": (
        holding(speed=np.full(ROWS, MISSING)),
        {},
        FailureReason.DATA_NOT_FINITE,
        f"of {ROWS} rows: speed {ROWS}",
    ),
    "an empty column of a CSV file": (
        holding("a.csv", value=[None] * ROWS),
        {},
        FailureReason.TELEMETRY_UNREADABLE,
        "column value holds null, expected numbers or booleans",
    ),
    "readings that are missing for long": (
        holding(value=with_hole(waves(ROWS), MISSING)),
        {},
        FailureReason.DATA_NOT_FINITE,
        "value 10",
    ),
    "readings that are infinite": (
        holding(value=with_hole(waves(ROWS), np.inf)),
        {},
        FailureReason.DATA_NOT_FINITE,
        "value 10",
    ),
    "readings that no model can take": (
        holding(value=with_hole(waves(ROWS), 1e300)),
        {},
        FailureReason.DATA_NOT_FINITE,
        "not finite as float32, of 600 rows: value 10",
    ),
    "an unknown column of the value": (
        reading(valueColumn="valeu"),
        {},
        FailureReason.COLUMN_NOT_FOUND,
        "there is no column valeu. Did you mean value?",
    ),
    "an unknown column of an input": (
        reading(featureColumns=["cmd_99"]),
        {},
        FailureReason.COLUMN_NOT_FOUND,
        "there is no column cmd_99.",
    ),
    "an unknown column of the time": (
        reading(timestampColumn="time"),
        {},
        FailureReason.COLUMN_NOT_FOUND,
        "there is no column time.",
    ),
    "text for numbers": (
        holding("a.csv", value=["low"] * ROWS),
        {},
        FailureReason.TELEMETRY_UNREADABLE,
        "column value holds string, expected numbers or booleans",
    ),
    "numbers for times": (
        reading(timestampColumn="cmd_01"),
        {},
        FailureReason.TELEMETRY_UNREADABLE,
        "expected time stamps",
    ),
    "a Parquet file that is cut": (spoilt(cut), {}, FailureReason.TELEMETRY_UNREADABLE, "a.parquet"),
    "a Parquet file with a damaged page": (spoilt(damage), {}, FailureReason.TELEMETRY_UNREADABLE, "a.parquet"),
    "a Parquet file that is empty": (spoilt(bytearray.clear), {}, FailureReason.TELEMETRY_UNREADABLE, "a.parquet"),
    "a folder with one file that is cut": (
        spoilt(cut, "b.parquet"),
        {},
        FailureReason.TELEMETRY_UNREADABLE,
        "a.parquet",
    ),
    "a CSV file that is cut within a row": (
        holding_bytes("a.csv", b"timestamp,value\n2024-01-01T00:00:00Z,1.0\n2024-01-01T00:01:00"),
        {},
        FailureReason.TELEMETRY_UNREADABLE,
        "Expected 2 columns, got 1",
    ),
    "a CSV file that is empty": (
        holding_bytes("a.csv", b""),
        {},
        FailureReason.TELEMETRY_UNREADABLE,
        "Empty CSV file",
    ),
    "a CSV file that is no text": (
        holding_bytes("a.csv", b"timestamp,value\n2024-01-01T00:00:00Z,\xff\xfe\n"),
        {},
        FailureReason.TELEMETRY_UNREADABLE,
        "a.csv",
    ),
    "labels that are cut": (
        labelled("labels.parquet", P1.read_bytes()[:1000]),
        {},
        FailureReason.TELEMETRY_UNREADABLE,
        "labels.parquet",
    ),
    "labels without an end": (
        labelled("labels.csv", b"start\n2024-01-01T00:00:00Z\n"),
        {},
        FailureReason.COLUMN_NOT_FOUND,
        "there is no column end",
    ),
    "labels that are no times": (
        labelled("labels.csv", b"start,end\nmonday,tuesday\n"),
        {},
        FailureReason.TELEMETRY_UNREADABLE,
        "column start holds string, expected time stamps",
    ),
    "an unknown hyperparameter": (
        reading(),
        {"hyperparameters": {"epoch": "3"}},
        FailureReason.INVALID_HYPERPARAMETER,
        "epoch: Telemanom has no such hyperparameter",
    ),
    "a hyperparameter of a wrong type": (
        reading(),
        {"hyperparameters": {"epochs": "three"}},
        FailureReason.INVALID_HYPERPARAMETER,
        "epochs: Input should be a valid integer",
    ),
}


@pytest.mark.parametrize(("telemetry", "changes", "reason", "said"), REFUSED.values(), ids=REFUSED.keys())
def test_bad_input_cannot_work(
    client: MlflowClient,
    mlflow_server: MlflowServer,
    start: Callable[..., Job],
    name: str,
    tmp_path: Path,
    telemetry: Callable[[Path], dict[str, Any]],
    changes: dict[str, Any],
    reason: FailureReason,
    said: str,
) -> None:
    ended = failed(start(a_job(mlflow_server.url, name, telemetry=telemetry(tmp_path), **({"window": {}} | changes))))

    assert ended[:2] == (ExitCode.CANNOT_WORK, reason)
    assert said in ended[2]
    require_nothing_registered(client, name)
    assert client.search_registered_models(f"name = '{name}'") == []


ODD = {
    "a constant signal": holding(value=np.full(ROWS, 21.5)),
    "labels outside the window": lambda folder: {
        "uri": write(folder / "a.parquet", minutes(ROWS), value=waves(ROWS)),
        "labelsUri": write_labels(folder / "labels.csv", ("2030-01-01T00:00:00Z", "2030-01-01T01:00:00Z")),
    },
}


@pytest.mark.parametrize("telemetry", ODD.values(), ids=ODD.keys())
def test_odd_input_works(
    client: MlflowClient,
    mlflow_server: MlflowServer,
    start: Callable[..., Job],
    name: str,
    tmp_path: Path,
    telemetry: Callable[[Path], dict[str, Any]],
) -> None:
    job = start(a_job(mlflow_server.url, name, telemetry=telemetry(tmp_path), window={}))

    assert job.end() == ExitCode.SUCCESS
    (version,) = versions(client, name)
    assert job.outcome == TrainingSucceeded(run_id=version.run_id, registered_model=name, version=1)
    assert version.tags[Tag.COMPLETE] == "true"
