"""The pages for people name every field, every condition and every reason, and nothing that does not exist."""

import re
from pathlib import Path

import pytest

from model_operator.api.crd import KINDS, Kind
from model_operator.api.reference import fields
from model_operator.api.vocabulary import ConditionType, Reason

PAGES = Path(__file__).resolve().parents[2] / "docs" / "spec"
HEADING = re.compile(r"^#{2,4} (.*)$")
ROW = re.compile(r"^\| `([^`]+)` \|")
FIELD = re.compile(r"`((?:spec|status)[\w.]*)`")


def page(name: str) -> list[str]:
    return (PAGES / f"{name}.md").read_text(encoding="utf-8").splitlines()


def described_fields(lines: list[str]) -> set[str]:
    """Fields that have a heading, or a row in the table below the heading of their block."""
    blocks: list[str] = []
    found: set[str] = set()
    for line in lines:
        if heading := HEADING.match(line):
            blocks = FIELD.findall(heading.group(1))
            found.update(blocks)
        elif row := ROW.match(line):
            found.update(f"{block}.{row.group(1)}" for block in blocks)
    return found


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.kind)
def test_a_page_describes_exactly_the_fields_of_its_kind(kind: Kind) -> None:
    existing = {field.path.replace("[]", "") for field in fields(kind)} - {"spec", "status"}
    assert described_fields(page(kind.kind.lower())) == existing


def test_the_page_of_a_sensor_model_has_a_heading_for_every_condition() -> None:
    headings = {heading.group(1) for line in page("sensormodel") if (heading := HEADING.match(line))}
    assert {f"Condition `{condition}`" for condition in ConditionType} <= headings


def test_the_page_of_reasons_describes_exactly_the_reasons_that_exist() -> None:
    rows = [row.group(1) for line in page("reasons") if (row := ROW.match(line))]
    assert sorted(rows) == sorted(Reason)


@pytest.mark.parametrize("name", ["sensormodel", "retrainingpolicy", "reasons"])
def test_a_row_says_something_in_every_column(name: str) -> None:
    rows = [line for line in page(name) if ROW.match(line)]
    assert [row for row in rows if "" in (cell.strip() for cell in row.strip("|").split("|"))] == []
