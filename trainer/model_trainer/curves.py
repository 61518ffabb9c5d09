"""How alarms trade against missed anomalies as the threshold falls: pure functions of arrays."""

from dataclasses import dataclass

import numpy as np

from model_trainer.data.telemetry import Booleans, Floats


@dataclass(frozen=True)
class DetectionCurves:
    """One entry per distinct score, falling, after one above all scores; all (thresholds,), in [0, 1].

    `recall` over `false_alarms` is the ROC curve, `precision` over `recall` the precision-recall curve. Where nothing
    is above the threshold there is no precision: the first is NaN.
    """

    false_alarms: Floats
    recall: Floats
    precision: Floats

    @property
    def average_precision(self) -> float:
        """The area under the precision-recall curve (PR-AUC) as a sum of steps, which does not flatter as lines do.

        A score that says nothing has the share of anomalous rows.
        """
        return float(np.sum(np.diff(self.recall) * self.precision[1:]))


def detection_curves(labelled: Booleans, score: Floats) -> DetectionCurves:
    """The curves of anomalous rows (rows,) and their scores (rows,); both kinds of rows must be there."""
    order = np.argsort(-score, kind="stable")
    last_of_score = np.append(np.flatnonzero(np.diff(score[order])), len(score) - 1)
    hits = np.cumsum(labelled[order])[last_of_score]
    above = last_of_score + 1
    return DetectionCurves(
        false_alarms=np.append(0.0, (above - hits) / (len(labelled) - labelled.sum())),
        recall=np.append(0.0, hits / labelled.sum()),
        precision=np.append(np.nan, hits / above),
    )
