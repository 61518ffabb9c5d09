"""Whatever the data hold, there is a report: a score from 0 to 100, and sentences that people can read."""

import os
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from model_contract.quality.assess import assess_quality
from model_contract.quality.points import LONGEST_MESSAGE, MOST
from model_contract.quality.report import QualityCheck, QualityReport
from tests.contract.quality.windows import (
    COLUMNS,
    END_NS,
    MINUTE,
    ROWS,
    START_NS,
    Series,
    Times,
    assess,
    assess_alone,
    healthy,
    minutes,
    profile,
)

INT64 = np.iinfo(np.int64)
NOTHING = np.empty((0, len(COLUMNS)))


def assert_sound(report: QualityReport) -> None:
    assert 0 <= report.score_percent <= 100
    assert report.score_percent == round(max(0.0, 100.0 - sum(fault.points for fault in report.faults)))
    for fault in report.faults:
        assert fault.points <= MOST[fault.check]
        assert fault.message.isprintable()
        assert len(fault.message) <= LONGEST_MESSAGE


@pytest.mark.parametrize(
    ("values", "times", "score"),
    [
        pytest.param(NOTHING, minutes(0), 0, id="no row"),
        pytest.param(healthy()[:1], minutes(1), 0, id="one row"),
        pytest.param(healthy()[:1], np.array([INT64.max]), 0, id="one row of the far future"),
        pytest.param(healthy()[:1], np.array([INT64.min]), 0, id="one row before 1700"),
        pytest.param(np.full((ROWS, 4), np.nan), minutes(), 0, id="NaN only"),
        pytest.param(np.full((ROWS, 4), np.inf), minutes(), 0, id="infinities only"),
        pytest.param(np.full((ROWS, 4), 1e99), minutes(), 0, id="the largest reading that counts"),
        pytest.param(np.full((ROWS, 4), 5e-324), minutes(), 60, id="the smallest number there is"),
        pytest.param(np.zeros((ROWS, 4)), np.full(ROWS, START_NS), 0, id="every row at the same time"),
    ],
)
@pytest.mark.filterwarnings("error")
def test_strange_data_have_a_report(values: Series, times: Times, score: int) -> None:
    report = assess(values, times)
    assert_sound(report)
    assert report.score_percent <= score
    assert_sound(assess_alone(values, times))


def test_one_row_of_the_far_future_leaves_the_other_rows_alone() -> None:
    times = np.append(minutes(), INT64.max)
    assert assess(np.vstack([healthy(), healthy()[:1]]), times).faults == ()


def test_a_strange_name_becomes_readable_and_short() -> None:
    names = (f"a\nb\x1b[31m{'x' * 500}", "b", "c", "d")
    report = assess_quality(
        minutes(),
        np.full((ROWS, 4), np.nan),
        names,
        start=START_NS,
        end=END_NS,
        sampling_seconds=60.0,
        profile=profile(),
    )
    assert_sound(report)
    assert report.faults[0].message.startswith("a?b?[31mxxx")
    assert len(report.faults[0].column or "") == 128


ANY_VALUES = npst.arrays(
    np.float64,
    st.tuples(st.integers(0, 40), st.just(4)),
    elements=st.one_of(st.floats(allow_nan=True, allow_infinity=True), st.sampled_from([0.0, 1.0, 20.0, 1e99])),
)


@given(values=ANY_VALUES, data=st.data())
@pytest.mark.filterwarnings("error")
def test_any_data_have_a_sound_report(values: Series, data: Any) -> None:
    times = data.draw(
        npst.arrays(
            np.int64,
            len(values),
            elements=st.one_of(
                st.integers(START_NS - MINUTE, END_NS + MINUTE),
                st.integers(INT64.min, INT64.max),
                st.sampled_from([START_NS, END_NS - 1]),
            ),
        )
    )
    assert_sound(assess(values, times))
    assert_sound(assess_alone(values, times))


@settings(max_examples=30)
@given(seed=st.integers(0, 1000))
def test_the_order_of_the_files_changes_nothing_else(seed: int) -> None:
    order = np.random.default_rng(seed).permutation(ROWS)
    values = healthy()
    values[::7, 0] = np.nan
    shuffled = assess(values[order], minutes()[order])
    assert [fault for fault in shuffled.faults if fault.check is not QualityCheck.ORDER] == list(assess(values).faults)


@settings(max_examples=30)
@given(
    rows=st.lists(st.integers(0, ROWS - 1), min_size=1, max_size=ROWS, unique=True),
    column=st.integers(0, 3),
    wrong=st.sampled_from([np.nan, np.inf, -np.inf]),
    share=st.floats(0.0, 1.0),
)
def test_more_missing_readings_never_raise_the_score(rows: list[int], column: int, wrong: float, share: float) -> None:
    fewer, more = healthy(), healthy()
    fewer[rows[: int(share * len(rows))], column] = wrong
    more[rows, column] = wrong
    assert assess_alone(more).score_percent <= assess_alone(fewer).score_percent


@settings(max_examples=30)
@given(columns=st.lists(st.integers(0, 3), min_size=1, unique=True), share=st.floats(0.01, 1.0))
def test_a_further_bad_column_never_raises_the_score(columns: list[int], share: float) -> None:
    fewer, more = healthy(), healthy()
    rows = slice(round(share * ROWS))
    fewer[rows, columns[:-1]] = np.nan
    more[rows, columns] = np.nan
    assert assess(more).score_percent <= assess(fewer).score_percent


@settings(max_examples=30)
@given(kept=st.lists(st.integers(0, ROWS - 1), max_size=ROWS, unique=True), share=st.floats(0.0, 1.0))
def test_fewer_rows_never_raise_the_cost_of_completeness_less(kept: list[int], share: float) -> None:
    many, few = np.sort(kept).astype(int), np.sort(kept[: int(share * len(kept))]).astype(int)

    def missing(rows: Times) -> float:
        faults = assess_alone(healthy()[rows], minutes()[rows]).faults
        return sum(fault.points for fault in faults if fault.check is QualityCheck.COMPLETENESS)

    assert missing(few) >= missing(many)


PROGRAM = "import sys, {module}; print(*sys.modules)"


@pytest.mark.parametrize(
    ("module", "absent"),
    [
        pytest.param("model_contract.quality", {"numpy"}, id="the types need no numpy"),
        pytest.param(
            "model_contract.quality.assess",
            {"scipy", "pandas", "pyarrow", "model_contract.drift"},
            id="the checks need numpy only",
        ),
    ],
)
def test_little_is_loaded(module: str, absent: set[str]) -> None:
    printed = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(module=module)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    assert set(printed.split()) & absent == set()
