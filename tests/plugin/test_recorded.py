"""What `versions`, `lineage`, `runs`, `compare`, `summary` and `reproduce` print, as reviewed."""

from collections.abc import Callable
from datetime import timedelta
from io import StringIO

from rich.console import Console

from kubectl_sensormodel import lineage, reproducing, runs, versions
from kubectl_sensormodel.record import Names
from model_contract.keys import Kpi
from model_contract.reproduction import Difference, DifferenceKind, ReproductionVerdict
from model_contract.result import ReproductionSucceeded
from model_operator.api.vocabulary import Stage
from sensormodel.lineage import Asked, CodeOrigin, DataOrigin, Lineage
from sensormodel.runs import Run, compare, summarize
from sensormodel.versions import VersionRecord
from tests.builders import T0

NAMES = Names("plant/p-1", "telemanom_P-1", "telemanom_P-1", Kpi.RMSE)


def screen() -> tuple[Console, StringIO]:
    out = StringIO()
    return Console(file=out, width=110, highlight=False, markup=False), out


def record(number: int, stage: Stage, **changes: object) -> VersionRecord:
    told = {
        "registered_model": "telemanom_P-1",
        "version": number,
        "run_id": f"{number}" * 32,
        "stage": stage,
        "since": T0,
        "moved_by": "Policy",
        "why": f"version {number}: RMSE 0.04 against 0.09 of version {number - 1} (+55.6 %)",
        "create_time": T0 - timedelta(hours=1),
        "complete": True,
        "kpis": {"RMSE": 0.0421},
        "data_start": T0 - timedelta(days=7),
        "data_end": T0,
        "trigger": "Drift",
        "gate": None,
        "gate_message": "",
    }
    return VersionRecord.model_validate(told | changes)


def run(number: int, rmse: float, seed: str) -> Run:
    return Run(
        run_id=f"{number}" * 32,
        name=f"run-{number}",
        experiment_id="1",
        status="FINISHED",
        start_time=T0 + timedelta(hours=number),
        end_time=None,
        parameters={"seed": seed, "layers": "2"},
        metrics={"candidate_rmse": rmse, "naive_rmse": 0.2},
        not_finite=(),
        tags={"sensormodel.io/trigger": "Drift"},
    )


def test_versions_read_as_reviewed(golden: Callable[[str], None]) -> None:
    drawn, out = screen()
    refused = {"since": None, "moved_by": None, "why": "", "gate": "NotBetter", "gate_message": "version 8 against 7"}
    known = [record(8, Stage.NONE, **refused), record(7, Stage.PRODUCTION, gate="Promoted"), record(6, Stage.ARCHIVED)]
    versions.draw(NAMES, known, T0 + timedelta(minutes=5), drawn)
    golden(out.getvalue())


def test_a_lineage_reads_as_reviewed(golden: Callable[[str], None]) -> None:
    drawn, out = screen()
    data = DataOrigin(
        uri="s3://telemetry/P-1.parquet",
        digest="d" * 64,
        start=T0 - timedelta(days=7),
        end=T0,
        rows=10_080,
        columns=("value", "cmd_0"),
    )
    code = CodeOrigin(revision=None, image="trainer@sha256:1", packages_digest=None, environment={"numpy": "2.3"})
    asked = Asked(
        sensor_model="plant/p-1",
        trigger="Drift",
        message="drift 0.78 >= 0.50",
        decision_id="0123456789abcdef",
        job_name="p-1-0123456789",
        job_uid="uid",
        attempt=1,
        champion_version=6,
    )
    lineage.draw(
        Lineage(
            registered_model="telemanom_P-1",
            version=7,
            run_id="7" * 32,
            create_time=T0,
            data=data,
            code=code,
            asked=asked,
            seed=7,
            parameters={"units": "80", "layers": "2"},
            weights_digest="e" * 64,
            missing=("the git commit of the code",),
        ),
        drawn,
    )
    golden(out.getvalue())


def test_runs_side_by_side_and_in_summary_read_as_reviewed(golden: Callable[[str], None]) -> None:
    drawn, out = screen()
    known = [run(1, 0.05, "7"), run(2, 0.04, "8")]
    runs.draw_runs("telemanom_P-1", known, drawn)
    runs.draw_comparison(["version 1", "version 2"], compare(known), drawn)
    runs.draw_summary(summarize("telemanom_P-1", known), drawn)
    runs.draw_runs("telemanom_P-1", [], drawn)
    golden(out.getvalue())


def test_a_reproduction_that_differs_reads_as_reviewed(golden: Callable[[str], None]) -> None:
    drawn, out = screen()
    differences = (Difference(kind=DifferenceKind.DATA, message="10080 rows were read, now 10079"),)
    reproducing.draw(
        ReproductionSucceeded(
            run_id="9" * 32,
            registered_model="telemanom_P-1",
            version=7,
            verdict=ReproductionVerdict.DIFFERENT,
            differences=differences,
        ),
        drawn,
    )
    golden(out.getvalue())
