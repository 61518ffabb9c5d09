"""`kubectl sensormodel lint`, without a cluster."""

from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest

from tests.cluster.api.server import ROOT
from tests.plugin.program import Program

FILES = Path(__file__).parent / "files"


def test_the_samples_are_right(program: Program) -> None:
    answer = program("lint", "-f", str(ROOT / "manifests/samples"))
    assert (answer.code, answer.out.split(" in ")[0]) == (0, "no errors")


def test_every_kind_of_fault_reads_as_reviewed(
    program: Program, golden: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(FILES)
    answer = program("lint", "-f", ".")
    assert answer.code == 1
    golden(answer.out)


def test_warnings_alone_are_fine(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(FILES)
    answer = program("lint", "-f", "fleet.yaml", "-o", "json")
    assert (answer.code, {problem["level"] for problem in answer.json}) == (0, {"warning"})


def test_the_standard_input_is_a_file_too(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (FILES / "hyperparameters.yaml").read_text(encoding="utf-8")
    monkeypatch.setattr("sys.stdin", StringIO(text))
    assert program("lint", "-f", "-").out.startswith("standard input:")


def test_a_file_that_is_not_there_is_told(program: Program) -> None:
    answer = program("lint", "-f", "nowhere.yaml")
    assert (answer.code, answer.err) == (3, "error: cannot read nowhere.yaml: No such file or directory\n")


def test_no_cluster_is_asked(program: Program) -> None:
    assert program("lint", "-f", str(ROOT / "manifests/samples")).code == 0  # `program` has no kubeconfig


def test_files_without_our_kinds_say_so(program: Program, tmp_path: Path) -> None:
    (tmp_path / "other.yaml").write_text("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n", encoding="utf-8")
    answer = program("lint", "-f", str(tmp_path))
    assert answer.out == (
        "no SensorModel and no RetrainingPolicy in these files, 1 object of other kinds not looked at\n"
    )
