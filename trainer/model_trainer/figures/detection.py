"""How well anomalies are found where some are known: curves by rows, counts by anomalies."""

from pathlib import Path
from typing import Any

import numpy as np

from model_trainer.assessment import Assessment, HeldOut
from model_trainer.curves import detection_curves
from model_trainer.data.telemetry import Booleans
from model_trainer.figures.drawing import BLACK, BLUE, VERMILLION, new_figure, plain, save_with_legend
from model_trainer.figures.thinning import drawn_line
from model_trainer.kpis import Confusion


def draw_detection(path: Path, subject: str, held_out: HeldOut, assessment: Assessment) -> None:
    """ROC curve, precision-recall curve and confusion matrix of the test rows; nothing without a known anomaly there.

    Args:
        path: of the picture.
        subject: whose detection it is, for the title.
        held_out: what the forecast is judged by.
        assessment: what was found.
    """
    if held_out.labelled is None or assessment.counts is None:
        return
    test = held_out.split.test
    labelled = held_out.labelled[test.start :]
    if labelled.all() or not labelled.any():
        return
    newest = slice(test.start - held_out.judged.start, None)
    figure = new_figure(f"{subject}: detection of known anomalies")
    roc, precision_recall, matrix = figure.subplots(ncols=3)
    _curves(roc, precision_recall, labelled, assessment, newest)
    _matrix(matrix, assessment.counts)
    save_with_legend(figure, path)


def _curves(roc: Any, precision_recall: Any, labelled: Booleans, assessment: Assessment, newest: slice) -> None:
    curves = detection_curves(labelled, assessment.detection.deviation[newest])
    flagged = assessment.detection.flagged[newest]
    hits, alarms = int((labelled & flagged).sum()), int(flagged.sum())
    share, recall = float(labelled.mean()), hits / int(labelled.sum())
    chance = {"color": BLACK, "linewidth": 0.8, "linestyle": ":"}
    point = {"color": VERMILLION, "marker": "o", "linestyle": "none"}
    area = float(np.trapezoid(curves.recall, curves.false_alarms))
    _unit_square(roc, f"ROC by rows, area {area:.2f}", "share of normal rows above", "share of anomalous rows above")
    roc.plot(*drawn_line(curves.false_alarms, curves.recall), color=BLUE, label="error score")
    roc.plot([0, 1], [0, 1], **chance, label="chance")
    roc.plot((alarms - hits) / int((~labelled).sum()), recall, **point, label="dynamic thresholds")
    _unit_square(
        precision_recall, f"precision and recall by rows, area {curves.average_precision:.2f}", "recall", "precision"
    )
    precision_recall.plot(*drawn_line(curves.recall[1:], curves.precision[1:]), color=BLUE)
    precision_recall.axhline(share, **chance)
    if alarms:
        precision_recall.plot(recall, hits / alarms, **point)


def _matrix(axes: Any, counts: Confusion) -> None:
    """The confusion matrix by anomalies. Normal stretches without an alarm cannot be counted: there is no such cell."""
    cells = {
        (0, 0): (counts.true_positives, "known, found"),
        (1, 0): (counts.false_negatives, "known, missed"),
        (0, 1): (counts.false_positives, "alarm, none known"),
    }
    most = max(*(count for count, _ in cells.values()), 1)
    for (column, row), (count, name) in cells.items():
        color = BLUE if (column, row) == (0, 0) else VERMILLION
        axes.fill_between([column, column + 1], row, row + 1, color=color, alpha=0.1 + 0.4 * count / most, linewidth=0)
        axes.text(column + 0.5, row + 0.45, str(count), ha="center", va="center", fontsize=20)
        axes.text(column + 0.5, row + 0.8, name, ha="center", va="center", fontsize=9)
    axes.text(1.5, 1.5, "not counted", ha="center", va="center", fontsize=9, color="#666666")
    axes.set(xlim=(0, 2), ylim=(2, 0), xticks=[0.5, 1.5], yticks=[0.5, 1.5], aspect="equal")
    axes.set_xticklabels(["alarm", "no alarm"])
    axes.set_yticklabels(["anomaly", "normal"], rotation=90, va="center")
    axes.tick_params(length=0)
    axes.set_title("confusion by anomalies", fontsize=10)


def _unit_square(axes: Any, title: str, across: str, up: str) -> None:
    plain(axes).set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), aspect="equal", xlabel=across, ylabel=up)
    axes.set_title(title, fontsize=10)
