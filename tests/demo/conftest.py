"""What the tests of the demo share: what a real run has seen."""

from pathlib import Path

import pytest

from demo.record import Record

_RECORDED = Path(__file__).with_name("recorded.json")


@pytest.fixture
def recorded() -> Record:
    """The record of a complete run, as the demo wrote it, without what no test reads."""
    return Record.model_validate_json(_RECORDED.read_bytes())
