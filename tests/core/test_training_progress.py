"""What the status shows of the progress of a training, while it runs and afterwards."""

from datetime import timedelta
from typing import Any

import pytest

from model_contract.progress import TrainingProgress, TrainingStep
from model_operator.api.sensormodelstatus import TrainingRecord
from model_operator.api.vocabulary import Reason
from model_operator.core.training_progress import describe_progress, progress_fields
from tests.builders import T0, job, told_of

END = T0 + timedelta(seconds=95)
FITTING = {"progress_percent": 43, "step": TrainingStep.FITTING, "loss": "0.0123", "estimated_end_time": END}


def record(**fields: Any) -> TrainingRecord:
    told = told_of(job()).training
    assert told is not None
    return told.model_copy(update=fields)


def said(**fields: Any) -> TrainingProgress:
    usual = {"step": TrainingStep.FITTING, "percent": 43, "time": T0, "loss": 0.0123, "eta_seconds": 95.4}
    return TrainingProgress.model_validate(usual | fields)


@pytest.mark.parametrize(
    ("outcome", "says", "known", "shown"),
    [
        pytest.param(Reason.TRAINING_STARTED, None, None, {}, id="a training that has said nothing yet"),
        pytest.param(Reason.TRAINING_STARTED, said(), None, FITTING, id="what it says"),
        pytest.param(
            Reason.TRAINING_STARTED,
            said(step=TrainingStep.READING, percent=0, loss=None, eta_seconds=None),
            record(**FITTING),
            {"progress_percent": 0, "step": TrainingStep.READING, "loss": None, "estimated_end_time": None},
            id="a later pod that begins anew",
        ),
        pytest.param(
            Reason.TRAINING_STARTED, None, record(**FITTING), FITTING, id="what it said before MLflow went away"
        ),
        pytest.param(
            Reason.TRAINING_SUCCEEDED,
            said(),
            record(**FITTING),
            {"progress_percent": 100, "loss": "0.0123"},
            id="a training that is done, with its last loss",
        ),
        pytest.param(
            Reason.TRAINING_FAILED,
            said(percent=44),
            record(**FITTING),
            {"progress_percent": 43, "step": TrainingStep.FITTING, "loss": "0.0123"},
            id="how far a training came that failed",
        ),
    ],
)
def test_the_status_shows(
    outcome: Reason, says: TrainingProgress | None, known: TrainingRecord | None, shown: dict[str, Any]
) -> None:
    assert progress_fields(outcome, says, known) == shown


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        pytest.param({}, "", id="nothing"),
        pytest.param(FITTING, "43 % (Fitting), loss 0.0123, done about 12:01:35Z", id="a fit"),
        pytest.param({"progress_percent": 0, "step": TrainingStep.READING}, "0 % (Reading)", id="a beginning"),
    ],
)
def test_people_are_told(fields: dict[str, Any], sentence: str) -> None:
    assert describe_progress(record(**fields)) == sentence
