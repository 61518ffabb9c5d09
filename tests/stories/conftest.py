"""Golden transcripts: `pytest tests/stories --update-golden` rewrites them, a review reads the difference."""

from collections.abc import Callable
from pathlib import Path

import pytest

GOLDEN = Path(__file__).parent / "golden"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="rewrite the golden transcripts")


@pytest.fixture
def told(request: pytest.FixtureRequest) -> Callable[[list[str]], None]:
    """Compare a transcript with the one that is stored under the test's name."""

    def compare(transcript: list[str]) -> None:
        path = GOLDEN / f"{request.node.name.removeprefix('test_')}.txt"
        text = "\n".join(transcript).strip() + "\n"
        if request.config.getoption("--update-golden"):
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        assert path.read_text(encoding="utf-8") == text

    return compare
