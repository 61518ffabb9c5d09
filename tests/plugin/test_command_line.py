"""The command line itself: help, usage, colours, and the page that explains it."""

import subprocess
import sys
from pathlib import Path

import pytest

from kubectl_sensormodel.app import app
from tests.cluster.api.server import ROOT, Api
from tests.plugin.program import Program
from tests.plugin.test_reading_verbs import store

VERBS = sorted(str(command.name or getattr(command.callback, "__name__", "")) for command in app.registered_commands)


def test_help_imports_neither_the_kubernetes_client_nor_the_types() -> None:
    shown = "import sys, kubectl_sensormodel.app; print(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", shown], capture_output=True, text=True, check=True, env=_path())
    assert not {"kubernetes", "pydantic", "rich", "celpy", "numpy"} & set(ran.stdout.split())


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_its_row_on_the_page(verb: str) -> None:
    page = (ROOT / "docs/cli.md").read_text(encoding="utf-8")
    rows = [line for line in page.splitlines() if line.startswith("|")]
    assert any(f"`{verb} " in row.split("|")[1] for row in rows)


@pytest.mark.parametrize(
    "arguments", [("wy", "p-1"), ("why",), ("why", "p-1", "--output", "yaml"), ("lint",)], ids=" ".join
)
def test_wrong_usage_has_the_code_2(program: Program, arguments: tuple[str, ...]) -> None:
    assert program(*arguments).code == 2


def test_away_from_a_terminal_there_are_no_colours(api: Api, plugin: Program) -> None:
    store(api, "drift waits for the cooldown")
    assert "\x1b" not in plugin("why", "p-1").out + plugin("status", "p-1").out + plugin("history", "p-1").out


def _path() -> dict[str, str]:
    return {
        "PYTHONPATH": ":".join(str(ROOT / part) for part in ("operator", "trainer")),
        "PATH": str(Path(sys.executable).parent),
    }
