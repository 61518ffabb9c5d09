"""The generated files are those that the code would write now."""

import re
from pathlib import Path

import pytest
import yaml

from model_operator.render import differences, generated_files, main

ROOT = Path(__file__).resolve().parents[2]


def test_the_committed_files_are_current() -> None:
    assert differences(ROOT) == [], "run: make generate"


def test_rendering_twice_gives_the_same_bytes() -> None:
    assert generated_files() == generated_files()


def test_a_check_after_writing_finds_nothing(tmp_path: Path) -> None:
    assert main(["--root", str(tmp_path)]) == 0
    assert main(["--check", "--root", str(tmp_path)]) == 0


def test_a_check_shows_what_differs_and_the_command_that_repairs_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["--root", str(tmp_path)])
    edited = tmp_path / "crds" / "sensormodels.yaml"
    edited.write_text(edited.read_text(encoding="utf-8").replace("- sm\n", "- mine\n"), encoding="utf-8")
    assert main(["--check", "--root", str(tmp_path)]) == 1
    said = capsys.readouterr().err.splitlines()
    assert "-    - mine" in said
    assert "+    - sm" in said
    assert "Generated files are not current. Run: make generate" in said


@pytest.mark.parametrize("name", [name for name in generated_files() if re.search(r"^(crds|manifests/base)/", name)])
def test_a_manifest_has_no_anchors(name: str) -> None:
    tokens = list(yaml.scan(generated_files()[name]))
    assert not [token for token in tokens if isinstance(token, yaml.AnchorToken | yaml.AliasToken)]
