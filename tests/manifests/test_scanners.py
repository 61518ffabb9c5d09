"""kube-score, checkov and hadolint find in what is rendered exactly what SECURITY.md accepts with a reason."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from model_contract.reproduction import Reproduces
from model_operator.core.job_manifest import build_job
from model_operator.core.reproduction import reproduction_task
from tests import builders
from tests.manifests.rendered import EXAMPLE, OVERLAYS, ROOT, charted, kustomized
from tests.manifests.scanners import Finding, accepted, checkov, hadolint, kube_score

DOCKERFILE: Final = ROOT / "Dockerfile"
_ASKED_AT: Final = datetime(2026, 3, 1, tzinfo=UTC)


def trainer_job() -> dict[str, Any]:
    """A Job as the operator creates it; one that reproduces differs from one that trains in its arguments only."""
    task = reproduction_task(builders.model(), builders.spec(), Reproduces(version=7, run_id="r"), _ASKED_AT, "asked")
    return build_job(builders.model(), builders.spec(), task, builders.TRAINER)


def written(path: Path, objects: list[Any]) -> Path:
    path.write_text(yaml.safe_dump_all(objects), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """A file for each overlay, one for the chart with all that it can render, one for a trainer's Job."""
    folder = tmp_path_factory.mktemp("rendered")
    chart = charted(EXAMPLE | {"monitoring": {"create": True}}, folder)
    return [
        *(written(folder / f"{name}.yaml", list(kustomized(f"overlays/{name}").values())) for name in OVERLAYS),
        written(folder / "chart.yaml", list(chart.values())),
        written(folder / "job.yaml", [trainer_job()]),
    ]


@pytest.fixture(scope="module")
def found(rendered: list[Path]) -> dict[str, set[Finding]]:
    """By tool and file."""
    return {
        **{f"kube-score {path.name}": kube_score(path) for path in rendered},
        **{f"checkov {path.name}": findings for path, findings in checkov([*rendered, DOCKERFILE]).items()},
        "hadolint Dockerfile": hadolint("--disable-ignore-pragma"),
    }


def test_they_find_nothing_but_what_is_accepted(found: dict[str, set[Finding]]) -> None:
    assert {where: more for where, findings in found.items() if (more := findings - accepted())} == {}


def test_all_that_is_accepted_is_found(found: dict[str, set[Finding]]) -> None:
    assert accepted() - set().union(*found.values()) == set()


def test_each_tool_finds_something_in_each_file(found: dict[str, set[Finding]]) -> None:
    assert [where for where, findings in found.items() if not findings] == []


def test_hadolint_is_content_with_the_dockerfile() -> None:
    assert hadolint() == set()


def test_a_trainer_has_a_network_policy_where_that_of_the_component_is_applied(tmp_path: Path) -> None:
    finding = ("trainer", "The pod does not have a matching NetworkPolicy")
    path = ROOT / "manifests" / "components" / "network-policy" / "trainers.yaml"
    policy = yaml.safe_load(path.read_text(encoding="utf-8"))
    policy["metadata"]["namespace"] = trainer_job()["metadata"]["namespace"]
    assert finding in kube_score(written(tmp_path / "alone.yaml", [trainer_job()]))
    assert finding not in kube_score(written(tmp_path / "both.yaml", [trainer_job(), policy]))
