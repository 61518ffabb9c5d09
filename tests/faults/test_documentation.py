"""docs/mlflow-faults.md and the tests in this folder name each other."""

import re
from pathlib import Path

HERE = Path(__file__).parent
PAGE = HERE.parents[1] / "docs" / "mlflow-faults.md"


def test_each_row_of_the_page_names_its_test_and_each_test_has_its_row() -> None:
    rows = [line for line in PAGE.read_text().splitlines() if line.startswith("|")][2:]
    named = [re.findall(r"`(test_\w+)`", row) for row in rows]
    files = [HERE / "test_outages.py", HERE / "test_hands_and_backups.py"]
    tests = {
        name for file in files for name in re.findall(r"^(?:async )?def (test_\w+)", file.read_text(), re.MULTILINE)
    }
    assert [len(names) for names in named] == [1] * len(rows)
    assert {names[0] for names in named} == tests
