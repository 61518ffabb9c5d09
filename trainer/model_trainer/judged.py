"""What a run found, ready to be told: in one sentence, in figures, in a report."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from model_contract.evaluation import EvaluationTask
from model_contract.keys import Kpi, Subject
from model_trainer.assessment import Assessment, HeldOut
from model_trainer.comparison import Comparison

BASELINE: Final = "ridge AR"
_RIVALS: Final = {
    Subject.NAIVE: "the last value",
    Subject.BASELINE: BASELINE,
    Subject.BASELINE_WITH_INPUTS: "ridge ARX",  # X: exogenous inputs, the other columns
}


@dataclass(frozen=True)
class Judged:
    """A model and its rivals, by name, on the same rows; `comparison` is with the last rival."""

    sensor_id: str
    name: str  # of the model, as the rivals have theirs
    held_out: HeldOut
    own: Assessment
    rivals: Mapping[str, Assessment]
    comparison: Comparison | None = None

    @property
    def subject(self) -> str:
        """Whose results these are, for titles."""
        return f"{self.sensor_id}, {self.name}"

    @property
    def summary(self) -> str:
        """One sentence, for example `RMSE 0.169: 24 % better than the last value, 20 % better than ridge AR`."""
        rmse = self.own.kpis.get(Kpi.RMSE)
        if rmse is None:
            return "No row could be forecast that the model is judged by"
        others = {name: rival.kpis.get(Kpi.RMSE) for name, rival in self.rivals.items()}
        beside = ", ".join(_beside(rmse, other, name) for name, other in others.items() if other is not None)
        compared = self.comparison is not None and self.comparison.improvement_percent is not None
        verdict = f" (bootstrap: {self.comparison.verdict})" if self.comparison and compared else ""
        return f"RMSE {rmse:.3g}{f': {beside}' if beside else ''}{verdict}{self._anomalies()}"

    def _anomalies(self) -> str:
        if self.own.counts is None:
            return ""
        found, alarms = self.own.counts.true_positives, self.own.counts.false_positives
        rival = self.rivals.get(BASELINE)
        beside = (
            f" ({BASELINE}: {rival.counts.true_positives} and {rival.counts.false_positives})"
            if rival and rival.counts
            else ""
        )
        known = found + self.own.counts.false_negatives
        hits = f"found {found} of {known} known anomalies" if known else "no anomaly is known there"
        return f"; {hits}, false alarms: {alarms}{beside}"


def judged_training(
    sensor_id: str,
    held_out: HeldOut,
    assessments: Mapping[Subject, Assessment],
    champion_version: int | None,
    comparison: Comparison | None,
) -> Judged:
    """A candidate beside the last value, ridge regressions and the champion."""
    names = _RIVALS | {Subject.CHAMPION: f"version {champion_version}"}
    rivals = {name: assessments[subject] for subject, name in names.items() if subject in assessments}
    return Judged(sensor_id, "new version", held_out, assessments[Subject.CANDIDATE], rivals, comparison)


def judged_evaluation(task: EvaluationTask, held_out: HeldOut, assessments: Mapping[Subject, Assessment]) -> Judged:
    """A served version beside the last value, and beside its predecessor while it is on probation."""
    names = _RIVALS | {Subject.PREDECESSOR: f"version {task.predecessor}"}
    rivals = {name: assessments[subject] for subject, name in names.items() if subject in assessments}
    return Judged(task.sensor_id, f"version {task.version}", held_out, assessments[Subject.CHAMPION], rivals)


def _beside(rmse: float, other: float, name: str) -> str:
    if other == 0:
        return f"{'as good as' if rmse == 0 else 'worse than'} {name}, which never errs"
    percent = round(100 * (1 - rmse / other))
    if percent == 0:
        return f"as good as {name}"
    return f"{abs(percent)} % {'better' if percent > 0 else 'worse'} than {name}"
