"""What a policy would have decided: the same decisions, in the virtual time of recorded telemetry and versions.

`kubectl sensormodel plan` asks. Reading order: `history` says what is needed of the past, `record` cuts a registered
model back to an instant, `training` says what a training of the replay gives; `model` runs the passes of one model with
its `trainings`, its `measuring` and its `tally`, `fleet` those of a policy; `loop` lets time jump from one due pass to
the next, and `outcome` is what comes of it.
"""

from model_operator.core.replay.history import History, RecordedModel, Trained, Untrainable
from model_operator.core.replay.loop import replay
from model_operator.core.replay.outcome import Replayed, ReplayedDecision, ReplayedModel, ReplayedTraining
from model_operator.core.replay.training import Assumptions, Mode, expected_duration

__all__ = [
    "Assumptions",
    "History",
    "Mode",
    "RecordedModel",
    "Replayed",
    "ReplayedDecision",
    "ReplayedModel",
    "ReplayedTraining",
    "Trained",
    "Untrainable",
    "expected_duration",
    "replay",
]
