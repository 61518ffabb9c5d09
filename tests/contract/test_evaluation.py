"""How many records fit into a version's tag."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from model_contract.evaluation import (
    EVALUATIONS,
    MOST_CHARACTERS,
    MOST_EVALUATIONS,
    EvaluatedWindow,
    EvaluationRecord,
    ResidualView,
    evaluations_tag,
)
from model_contract.keys import Kpi

END = datetime(2026, 11, 24, 16, tzinfo=UTC)


def record(number: int, **changes: Any) -> EvaluationRecord:
    """A record with everything in it."""
    views = tuple(
        ResidualView(
            profile_digest="d" * 64,
            window_end=END - timedelta(hours=hours),
            statistic=0.123456,
            reference_mean=0.123456,
            reference_sd=0.0123456,
            reference_max=0.123456,
            p=0.123456,
        )
        for hours in (4, 0)
    )
    fields = {
        "time": END,
        "run_id": f"{number:032}",
        "job_uid": "u" * 36,
        "evaluation_id": f"evaluation-{number}",
        "window": EvaluatedWindow(start=END - timedelta(days=7), end=END),
        "rows": 10_080,
        "labels_digest": "l" * 64,
        "anomalies": 3,
        "kpis": dict.fromkeys(Kpi, 0.123456),
        "confusion": (2, 1, 1),
        "residuals": views,
    }
    return EvaluationRecord(**(fields | changes))


def read(records: list[EvaluationRecord]) -> tuple[EvaluationRecord, ...]:
    return EVALUATIONS.validate_json(evaluations_tag(records))


def test_the_newest_records_are_kept_in_order() -> None:
    kept = read([record(number) for number in range(9)])

    assert [int(entry.run_id) for entry in kept] == [3, 4, 5, 6, 7, 8]
    assert len(kept) == MOST_EVALUATIONS


def test_where_it_is_too_long_older_records_lose_their_residual_views_first() -> None:
    records = [record(number) for number in range(6)]

    assert [len(entry.residuals) for entry in read(records)] == [0, 0, 2, 2, 2, 2]
    assert len(evaluations_tag(records)) <= MOST_CHARACTERS


def test_where_that_is_not_enough_the_oldest_records_go() -> None:
    records = [record(number, undetermined="x" * 900) for number in range(6)]

    kept = read(records)
    assert [int(entry.run_id) for entry in kept] == list(range(6 - len(kept), 6))
    assert 1 < len(kept) < 6


@given(st.lists(st.integers(0, 4_000), max_size=8))
def test_the_newest_record_is_always_kept_whole(lengths: list[int]) -> None:
    records = [record(number, undetermined="x" * length) for number, length in enumerate(lengths)]

    assert read(records)[-1:] == tuple(records[-1:])
    assert len(evaluations_tag(records)) <= MOST_CHARACTERS or len(read(records)) == 1
