"""Rules of the house that no linter knows."""

import re
import subprocess
from pathlib import Path

from model_operator.api.vocabulary import Reason

ROOT = Path(__file__).parent.parent
_MACHINE = re.compile(r"(?<![\w.])/(work|root|farm)/|/tmp/bash_jobs")
_LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
_SAYS_NOTHING = ("utils", "helpers", "manager", "common")


def tracked(*patterns: str) -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "--", *patterns], cwd=ROOT, check=True, capture_output=True, text=True)
    return [path for line in listed.stdout.splitlines() if (path := ROOT / line).is_file()]


def test_no_module_lies_directly_in_operator_where_it_would_shadow_the_standard_library() -> None:
    assert not list((ROOT / "operator").glob("*.py"))


def test_no_file_is_longer_than_three_hundred_lines() -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for path in tracked("*.py")
        if (lines := len(path.read_text().splitlines())) > 300
    }
    assert not long


def test_every_module_says_why_it_exists() -> None:
    modules = [path for path in tracked("*.py") if not path.name.startswith("test_")]
    assert not [str(path.relative_to(ROOT)) for path in modules if not path.read_text().lstrip().startswith('"""')]


def test_no_module_has_a_name_that_says_nothing() -> None:
    assert not [str(path) for path in tracked("*.py") if path.stem in _SAYS_NOTHING]


def test_no_path_of_one_machine_is_committed() -> None:
    suffixes = {".py", ".md", ".toml", ".yaml", ".yml", ".txt", ".go", ".mod", ""}
    texts = [path for path in tracked() if path.suffix in suffixes and path != Path(__file__)]
    assert not [str(path.relative_to(ROOT)) for path in texts if _MACHINE.search(path.read_text(errors="ignore"))]


def test_every_reason_is_given_somewhere() -> None:
    source = "\n".join(
        path.read_text() for path in tracked("operator/model_operator/*.py") if path.name != "vocabulary.py"
    )
    assert not [reason for reason in Reason if f"Reason.{reason.name}" not in source]


def test_every_local_image_and_page_that_the_docs_point_to_exists() -> None:
    links = [(page, target) for page in tracked("*.md") for target in _LINK.findall(page.read_text())]
    local = [(page, target) for page, target in links if "://" not in target]
    assert not [f"{page.relative_to(ROOT)} → {target}" for page, target in local if not (page.parent / target).exists()]
