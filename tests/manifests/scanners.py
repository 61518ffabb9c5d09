"""What kube-score, checkov and hadolint find, and what SECURITY.md accepts with a reason: both as pairs of whom and what."""

import json
import re
from pathlib import Path
from typing import Final

from localcluster.tool_build import ensure_tool
from tests.manifests.rendered import ROOT, run

Finding = tuple[str, str]
"""Whom it concerns (operator, MLflow, trainer, Dockerfile), and a check's id or, of kube-score, its own words."""

_HEADING: Final = "## What kube-score, checkov and hadolint say"
_ROW: Final = re.compile(r"^\| (?P<found>.*?) \| (?P<subjects>.*?) \| (?P<why>.+?) \|$", re.MULTILINE)
_NAMES: Final = {"sensor-model-operator": "operator", "mlflow": "MLflow", "p-1": "trainer"}
_PASSED: Final = 10  # of kube-score, the best grade
_CHECKOV: Final = ROOT / ".venv" / "scan" / "bin" / "checkov"
_HADOLINT: Final = ROOT / ".venv" / "bin" / "hadolint"


def accepted() -> set[Finding]:
    """The findings in the table of SECURITY.md."""
    section = (ROOT / "SECURITY.md").read_text(encoding="utf-8").partition(_HEADING)[2].partition("\n## ")[0]
    return {
        (subject, found)
        for row in _ROW.finditer(section)
        for found in re.findall(r"`([^`]+)`", row["found"])
        for subject in row["subjects"].split(", ")
    }


def kube_score(path: Path) -> set[Finding]:
    """In a file, of all its checks those that do not pass, and those that it leaves out."""
    options = ["--kubernetes-version", "v1.35", "--all-default-optional", "--output-format", "json"]
    answer = run(ensure_tool("kube-score"), "score", *options, path)
    assert answer.stderr == ""
    return {
        (_subject(judged["object_meta"]["name"]), comment["summary"])
        for judged in json.loads(answer.stdout)
        for check in judged["checks"]
        if check["skipped"] or check["grade"] < _PASSED
        for comment in check["comments"]
    }


def checkov(paths: list[Path]) -> dict[Path, set[Finding]]:
    """By file the checks that fail; everything was read, and nothing was left out.

    It takes all files for one cluster, so a network policy in one covers pods in another; kube-score reads each alone.
    """
    assert _CHECKOV.exists(), "make .venv/scan/ready"
    options = ["--framework", "kubernetes", "dockerfile", "--skip-download", "--compact", "--quiet", "--output", "json"]
    answer = run(_CHECKOV, *(option for path in paths for option in ("--file", path)), *options)
    reports = json.loads(answer.stdout)
    assert [report["check_type"] for report in reports] == ["dockerfile", "kubernetes"], answer.stderr
    for report in reports:
        assert (report["summary"]["skipped"], report["summary"]["parsing_errors"]) == (0, 0)
        assert report["summary"]["passed"] > 0
    failed = [check for report in reports for check in report["results"]["failed_checks"]]
    return {
        path: {(_of(check["resource"]), check["check_id"]) for check in failed if check["file_abs_path"] == str(path)}
        for path in paths
    }


def hadolint(*options: str) -> set[Finding]:
    """What it finds in the Dockerfile."""
    answer = run(_HADOLINT, *options, "--format", "json", ROOT / "Dockerfile")
    return {("Dockerfile", found["code"]) for found in json.loads(answer.stdout)}


def _of(resource: str) -> str:
    """Whom checkov means by `KIND.NAMESPACE.NAME`, by what it makes of a pod's labels, and by a path."""
    return "Dockerfile" if "Dockerfile" in resource else _subject(resource.split(".")[2])


def _subject(name: str) -> str:
    """As SECURITY.md calls an object; its name, if it does not."""
    return next((subject for prefix, subject in _NAMES.items() if name.startswith(prefix)), name)
