"""Conditions of a search, read back by MLflow's own parser."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mlflow.utils.search_utils import SearchUtils

from sensormodel.conditions import (
    Condition,
    Metric,
    Parameter,
    RunTag,
    filter_of,
    read_metric,
    read_parameter,
    read_tag,
)
from sensormodel.errors import InvalidRequest

_TYPES = {Metric: "metric", Parameter: "parameter", RunTag: "tag"}
_names = st.text(min_size=1, max_size=30).filter(lambda name: "`" not in name)
_values = st.text(max_size=40).filter(lambda text: not ("'" in text and '"' in text) and not text.endswith("\\"))
_numbers = st.floats(allow_nan=False, allow_infinity=False)
_orders = st.sampled_from(["<", "<=", "=", "!=", ">=", ">"])
_likenesses = st.sampled_from(["=", "!=", "like", "ilike"])
_conditions = st.one_of(
    st.builds(Metric, _names, _orders, _numbers),
    st.builds(Parameter, _names, _likenesses, _values),
    st.builds(RunTag, _names, _likenesses, _values),
)


@given(st.lists(_conditions, min_size=1, max_size=4))
def test_mlflow_reads_exactly_what_was_asked(conditions: list[Condition]) -> None:
    read = SearchUtils.parse_search_filter(filter_of(conditions))
    assert [(_TYPES[type(each)], each.name, each.comparison.upper(), each.value) for each in conditions] == [
        (one["type"], one["key"], one["comparator"], float(one["value"]) if one["type"] == "metric" else one["value"])
        for one in read
    ]


def test_no_condition_is_no_filter() -> None:
    assert filter_of([]) == ""


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda: Metric("rmse", "<", math.nan), id="a NaN compares with nothing"),
        pytest.param(lambda: Metric("rmse", "<", math.inf), id="nor does infinity"),
        pytest.param(lambda: Metric("a`b", "<", 1), id="a name with a backtick cannot be quoted"),
        pytest.param(lambda: Metric("", "<", 1), id="an empty name is none"),
        pytest.param(lambda: Metric("rmse", "like", 1), id="numbers are not alike"),  # type: ignore[arg-type]
        pytest.param(lambda: Parameter("seed", "<", "7"), id="parameters are text and have no order"),  # type: ignore[arg-type]
        pytest.param(lambda: RunTag("note", "=", 'it\'s "it"'), id="a text with both kinds of quotes"),
        pytest.param(lambda: RunTag("note", "=", "C:\\"), id="a text with a backslash at its end"),
        pytest.param(lambda: read_metric("candidate_rmse"), id="a name alone"),
        pytest.param(lambda: read_metric("candidate_rmse<low"), id="a metric beside a word"),
    ],
)
def test_what_mlflow_cannot_be_asked_is_refused(make: object) -> None:
    with pytest.raises(InvalidRequest):
        make()  # type: ignore[operator]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (read_metric("candidate_rmse<=0.1"), Metric("candidate_rmse", "<=", 0.1)),
        (read_metric("candidate_f1 > 5e-1"), Metric("candidate_f1", ">", 0.5)),
        (read_parameter("seed=7"), Parameter("seed", "=", "7")),
        (read_parameter("model_type!=Transformer"), Parameter("model_type", "!=", "Transformer")),
        (read_tag("sensormodel.io/trigger~Dr%"), RunTag("sensormodel.io/trigger", "like", "Dr%")),
        (read_tag("note="), RunTag("note", "=", "")),
        (read_tag("note=a=b"), RunTag("note", "=", "a=b")),
    ],
    ids=str,
)
def test_conditions_are_written_as_people_write_them(written: Condition, meant: Condition) -> None:
    assert meant == written
