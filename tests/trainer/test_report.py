"""What a run says of itself: its sentence, and the page that holds everything."""

from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model_contract.hyperparameters import Thresholding
from model_contract.keys import ComparisonVerdict, Kpi, Subject
from model_trainer.assessment import Assessment, HeldOut, assess
from model_trainer.comparison import Comparison
from model_trainer.contents import contents
from model_trainer.data.cleaning import clean
from model_trainer.data.scaling import Scaling
from model_trainer.data.split import split_at
from model_trainer.data.telemetry import Readings
from model_trainer.judged import Judged, judged_evaluation, judged_training
from model_trainer.kpis import Confusion
from model_trainer.models.thresholding import Detection
from model_trainer.report import Facts, Numbers, Picture, write_report
from tests.trainer.telemetry_files import a_task, an_evaluation, minutes, waves

ROWS = 600
NOTHING = Detection(np.zeros(1, dtype=bool), (), np.zeros(1), np.zeros(1), np.zeros(1))
ENVIRONMENT = {"python": "3.11.7", "pod": None, "packages": {"keras": "3.15.1"}}
HOSTILE = '</td><script>alert(1)</script> & "sensor" <img src=x onerror=alert(1)> ${why}'


def held_out() -> HeldOut:
    telemetry = clean(Readings(("value",), (False,), minutes(ROWS), waves(ROWS)[:, None]), 60.0)
    return HeldOut(telemetry, split_at(300, 240, ROWS), Scaling(np.zeros(1), np.ones(1)), None, Thresholding())


def with_rmse(rmse: float | None, found: tuple[int, int, int] | None = None) -> Assessment:
    kpis = {} if rmse is None else {Kpi.RMSE: rmse}
    return Assessment(np.zeros(1), np.zeros(1), NOTHING, kpis, Confusion(*found) if found else None, 0.0)


def training(own: Assessment, comparison: Comparison | None = None, **others: Assessment) -> Judged:
    assessments = {Subject.CANDIDATE: own} | {Subject(name): rival for name, rival in others.items()}
    return judged_training("P-1", held_out(), assessments, 3, comparison)


def evaluated(**others: float) -> Judged:
    assessments = {Subject.CHAMPION: with_rmse(0.3)} | {Subject(name): with_rmse(rmse) for name, rmse in others.items()}
    return judged_evaluation(an_evaluation(a_task(), 4, "id", predecessor=3), held_out(), assessments)


@pytest.mark.parametrize(("judged", "summary"), [
    pytest.param(training(with_rmse(0.169), naive=with_rmse(0.2224), baseline=with_rmse(0.192)),
                 "RMSE 0.169: 24 % better than the last value, 12 % better than ridge AR", id="a first version"),
    pytest.param(training(with_rmse(0.169), Comparison(ComparisonVerdict.BETTER, 15.5, 9.0, 21.0),
                          naive=with_rmse(0.2224), baseline=with_rmse(0.15), champion=with_rmse(0.2)),
                 "RMSE 0.169: 24 % better than the last value, 13 % worse than ridge AR, 16 % better than version 3 (bootstrap: Better)",
                 id="a version that beats its champion but not the baseline"),
    pytest.param(training(with_rmse(0.1), Comparison(ComparisonVerdict.CANNOT_TELL), naive=with_rmse(0.1001)),
                 "RMSE 0.1: as good as the last value", id="a champion that could not be asked is no verdict"),
    pytest.param(training(with_rmse(0.1), naive=with_rmse(0.0)), "RMSE 0.1: worse than the last value, which never errs", id="nothing beats no error"),
    pytest.param(training(with_rmse(0.1, (2, 1, 1)), baseline=with_rmse(0.2, (1, 0, 2))),
                 "RMSE 0.1: 50 % better than ridge AR; found 2 of 3 known anomalies, false alarms: 1 (ridge AR: 1 and 0)",
                 id="known anomalies are counted"),
    pytest.param(training(with_rmse(0.1, (0, 2, 0)), baseline=with_rmse(0.2, (0, 1, 0))),
                 "RMSE 0.1: 50 % better than ridge AR; no anomaly is known there, false alarms: 2 (ridge AR: 0 and 1)",
                 id="without known anomalies only false alarms are counted"),
    pytest.param(evaluated(naive=0.2), "RMSE 0.3: 50 % worse than the last value", id="an evaluated version"),
    pytest.param(evaluated(naive=0.2, predecessor=0.24), "RMSE 0.3: 50 % worse than the last value, 25 % worse than version 3",
                 id="an evaluated version on probation"),
    pytest.param(training(with_rmse(None), naive=with_rmse(0.1)), "No row could be forecast that the model is judged by", id="no forecast"),
])  # fmt: skip
def test_a_run_says_in_one_sentence_how_good_the_model_is(judged: Judged, summary: str) -> None:
    assert judged.summary == summary


class Elements(HTMLParser):
    """All elements of a page with their attributes, and its text."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page.read_text())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.found if name == tag]


def test_whatever_people_wrote_is_text_in_the_report(tmp_path: Path) -> None:
    hostile: Any = HOSTILE
    (tmp_path / "a.png").write_bytes(b"png")
    parts = (
        Numbers(hostile, ("", hostile), [(hostile, hostile)], hostile),
        Facts(hostile, [(hostile, hostile)]),
        Picture(hostile, tmp_path / "a.png", hostile),
    )

    write_report(tmp_path / "report.html", hostile, hostile, hostile, parts)

    page = Elements(tmp_path / "report.html")
    assert page.named("script") == []
    (image,) = page.named("img")
    assert (image["alt"], set(image)) == (hostile, {"alt", "src"})
    assert page.text.count(hostile) == 14


def test_a_report_needs_no_other_file_and_leaves_out_figures_that_were_not_drawn(tmp_path: Path) -> None:
    (tmp_path / "drawn.png").write_bytes(b"picture")
    pictures = [Picture(name, tmp_path / f"{name}.png", name) for name in ("drawn", "missing")]

    write_report(tmp_path / "report.html", "title", "why", "summary", pictures)

    page = Elements(tmp_path / "report.html")
    assert [image["src"] for image in page.named("img")] == ["data:image/png;base64,cGljdHVyZQ=="]
    assert not [name for name, found in page.found if name in {"link", "script"} or "href" in found]
    assert "missing" not in page.text


def test_contents_give_the_numbers_of_all_rivals_and_where_they_come_from(tmp_path: Path) -> None:
    telemetry = held_out()
    own, naive = assess(waves(ROWS), telemetry), assess(np.roll(waves(ROWS), 1), telemetry)
    judged = Judged("P-1", "new version", telemetry, own, {"the last value": naive, "version 3": own})

    parts = list(contents(a_task(), judged, tmp_path, ENVIRONMENT))

    (results,) = (part for part in parts if isinstance(part, Numbers))
    assert list(results.head) == ["", "new version", "version 3", "the last value"]
    assert ["RMSE", "0", "0", f"{naive.kpis[Kpi.RMSE]:.4g}"] in [list(row) for row in results.rows]
    facts = {name: value for part in parts if isinstance(part, Facts) for name, value in part.rows}
    assert facts["sha256"] == telemetry.telemetry.digest
    assert facts["hyperparameters given"] == "epochs = 2, units = 8"
    assert (facts["packages"], "pod" in facts) == ("keras 3.15.1", False)
