"""Alert rules and dashboard, judged by promtool."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from localcluster.tool_build import ensure_tool
from tests.monitoring.scrape import scraped

MONITORING: Final = Path(__file__).resolve().parents[2] / "manifests" / "components" / "monitoring"
RULE_TESTS: Final = Path(__file__).with_name("alerts_test.yaml")
DOCS: Final = Path(__file__).resolve().parents[2] / "docs" / "monitoring.md"
_METRIC: Final = re.compile(r"\bsensormodel_\w+")
_VARIABLES: Final = {"$namespace": "plant"}


@pytest.fixture(scope="session")
def promtool() -> Path:
    return ensure_tool("promtool")


def run(*command: str | Path, stdin: str | None = None) -> str:
    answer = subprocess.run(command, input=stdin, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    return answer.stdout + answer.stderr


def groups() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = yaml.safe_load((MONITORING / "alerts.yaml").read_text())["spec"]["groups"]
    return found


def alerts() -> set[str]:
    return {rule["alert"] for group in groups() for rule in group["rules"]}


def expressions_of_the_dashboard() -> list[str]:
    dashboard = json.loads((MONITORING / "dashboard.json").read_text())
    return [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]


def written(folder: Path, name: str, content: dict[str, Any]) -> Path:
    path = folder / name
    path.write_text(yaml.safe_dump(content))
    return path


def test_every_alert_fires_when_it_should_and_only_then(promtool: Path, tmp_path: Path) -> None:
    written(tmp_path, "alerts.yaml", {"groups": groups()})
    (tmp_path / "alerts_test.yaml").write_text(RULE_TESTS.read_text())
    assert "SUCCESS" in run(promtool, "test", "rules", tmp_path / "alerts_test.yaml")


def test_every_alert_has_a_test_in_which_it_fires_and_a_page_that_says_what_to_do() -> None:
    cases = [case for test in yaml.safe_load(RULE_TESTS.read_text())["tests"] for case in test["alert_rule_test"]]
    assert {case["alertname"] for case in cases if case["exp_alerts"]} == alerts()
    assert set(re.findall(r"^\| `(SensorModel\w+)`", DOCS.read_text(), re.MULTILINE)) == alerts()


def test_the_expressions_of_the_dashboard_can_be_evaluated(promtool: Path, tmp_path: Path) -> None:
    rules = []
    for number, text in enumerate(expressions_of_the_dashboard()):
        expression = text
        for name, value in _VARIABLES.items():
            expression = expression.replace(name, value)
        rules.append({"record": f"panel:{number}", "expr": expression})
    path = written(tmp_path, "dashboard.yaml", {"groups": [{"name": "dashboard", "rules": rules}]})
    assert f"{len(rules)} rules found" in run(promtool, "check", "rules", path)


def test_alerts_and_dashboard_ask_only_for_metrics_that_the_operator_serves() -> None:
    served = {sample.name for family in text_string_to_metric_families(scraped()) for sample in family.samples}
    used = {
        name
        for text in (*expressions_of_the_dashboard(), *(rule["expr"] for group in groups() for rule in group["rules"]))
        for name in _METRIC.findall(text)
    }
    assert used - served == set()


def test_what_the_operator_serves_passes_promtool(promtool: Path) -> None:
    assert run(promtool, "check", "metrics", stdin=scraped()).strip() == ""
