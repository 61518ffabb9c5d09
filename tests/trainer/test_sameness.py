"""How two lineages compare: the verdict, and what differs, causes first."""

from typing import Any

import pytest

from model_contract.hyperparameters import TelemanomHyperparameters
from model_contract.reproduction import DifferenceKind, ReproductionVerdict
from model_trainer.lineage import CodeLineage, DataLineage, EnvironmentLineage, Lineage, pinned
from model_trainer.sameness import differences, verdict
from tests.trainer.telemetry_files import a_task

KPIS = {"MAE": 1.0, "RMSE": 2.0, "F1": 0.5, "R2": 0.9}


def a_lineage(**changes: Any) -> Lineage:
    """A lineage; a change is a part of it, or some fields of a part."""
    parts = {
        "data": DataLineage(
            start="2024-01-01T00:00:00Z",
            end="2024-01-02T00:00:00Z",
            rows=1440,
            columns=("value", "cmd_01"),
            digest="d" * 64,
            labels_digest="1" * 64,
        ),
        "code": CodeLineage(digest="c" * 64, revision="abc", image="t:1", packages={"keras": "3.15.0", "numpy": "2"}),
        "environment": EnvironmentLineage(
            python="3.11.7",
            platform="Linux",
            machine="x86_64",
            processor="EPYC",
            threads=1,
            variables={"TF_ENABLE_ONEDNN_OPTS": "0"},
        ),
    }
    whole = {name: part.model_copy(update=changes.pop(name, {})) for name, part in parts.items()}
    return Lineage(
        task=a_task(),
        hyperparameters=pinned(TelemanomHyperparameters()),
        weights_digest=changes.pop("weights_digest", "w" * 64),
        kpis=changes.pop("kpis", KPIS),
        **whole,
    )


OTHER = {"weights_digest": "x" * 64}
VERDICTS = {
    "equal weights are the same": ({}, ReproductionVerdict.SAME),
    "equal weights are the same, whatever is labelled meanwhile": (
        {"data": {"labels_digest": "2" * 64}, "kpis": KPIS | {"F1": 0.9}},
        ReproductionVerdict.SAME,
    ),
    "other weights with the same KPIs lie within the tolerance": (OTHER, ReproductionVerdict.WITHIN_TOLERANCE),
    "errors may move by 5 %": (OTHER | {"kpis": KPIS | {"RMSE": 2.09}}, ReproductionVerdict.WITHIN_TOLERANCE),
    "errors may not move by more, not even to the better": (
        OTHER | {"kpis": KPIS | {"RMSE": 1.89}},
        ReproductionVerdict.DIFFERENT,
    ),
    "scores may move by 0.1": (OTHER | {"kpis": KPIS | {"F1": 0.6}}, ReproductionVerdict.WITHIN_TOLERANCE),
    "scores may not move by more": (OTHER | {"kpis": KPIS | {"F1": 0.39}}, ReproductionVerdict.DIFFERENT),
    "R2 does not decide, as it hardly says more than RMSE": (
        OTHER | {"kpis": KPIS | {"R2": -3.0}},
        ReproductionVerdict.WITHIN_TOLERANCE,
    ),
    "a score that is gone is not near": (OTHER | {"kpis": {"MAE": 1.0, "RMSE": 2.0}}, ReproductionVerdict.DIFFERENT),
    "other telemetry is another version, whatever came out": (
        {"data": {"digest": "e" * 64}},
        ReproductionVerdict.DIFFERENT,
    ),
}


@pytest.mark.parametrize(("changes", "expected"), VERDICTS.values(), ids=VERDICTS.keys())
def test_verdict(changes: dict[str, Any], expected: ReproductionVerdict) -> None:
    assert verdict(a_lineage(), a_lineage(**changes)) is expected


DIFFERENCES = {
    "nothing differs": ({}, []),
    "changed telemetry is told with its window": (
        {"data": {"digest": "e" * 64, "rows": 1441}},
        [
            (
                "Data",
                (
                    "the telemetry from 2024-01-01T00:00:00+00:00 to 2024-01-02T00:00:00+00:00 has changed: "
                    "sha256 dddddddddddd… then, eeeeeeeeeeee… now; 1440 rows then, 1441 now"
                ),
            )
        ],
    ),
    "later labels are told": (
        {"data": {"labels_digest": None}},
        [("Data", "other rows are labelled as anomalies: sha256 111111111111… then, none now")],
    ),
    "packages that changed, came or went are named": (
        {"code": {"packages": {"keras": "3.15.1", "jax": "1"}}},
        [("Packages", "jax none then, 1 now; keras 3.15.0 then, 3.15.1 now; numpy 2 then, none now")],
    ),
    "many packages are counted": (
        {"code": {"packages": {f"p{number}": "1" for number in range(9)}}},
        [
            (
                "Packages",
                (
                    "keras 3.15.0 then, none now; numpy 2 then, none now; p0 none then, 1 now; p1 none then, 1 now; "
                    "p2 none then, 1 now; p3 none then, 1 now; and 5 more"
                ),
            )
        ],
    ),
    "causes come before what follows from them": (
        OTHER
        | {
            "code": {"digest": "f" * 64, "revision": None, "image": "t:2"},
            "environment": {"processor": "Xeon", "variables": {}},
            "kpis": KPIS | {"RMSE": 2.02, "F1": 0.6},
        },
        [
            ("Code", "commit abc then, unknown now; sha256 of the sources cccccccccccc… then, ffffffffffff… now"),
            ("Image", "image t:1 then, t:2 now"),
            ("Environment", "TF_ENABLE_ONEDNN_OPTS 0 then, none now; processor EPYC then, Xeon now"),
            ("Weights", "sha256 wwwwwwwwwwww… then, xxxxxxxxxxxx… now"),
            ("KPIs", "RMSE 2 then, 2.02 now (+1 %); F1 0.5 then, 0.6 now"),
        ],
    ),
}


@pytest.mark.parametrize(("changes", "expected"), DIFFERENCES.values(), ids=DIFFERENCES.keys())
def test_differences(changes: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    found = differences(a_lineage(), a_lineage(**changes))

    assert [(each.kind.value, each.message) for each in found] == expected


def test_hyperparameters_that_could_not_be_pinned_are_told() -> None:
    (found,) = differences(a_lineage(), a_lineage(), ["units, 80 then, is no more"])

    assert (found.kind, found.message) == (DifferenceKind.HYPERPARAMETERS, "units, 80 then, is no more")
