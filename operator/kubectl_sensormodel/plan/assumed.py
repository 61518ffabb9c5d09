"""What a plan takes for granted, in sentences: a reader must be able to tell a replay from the truth."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from typing import Final, NamedTuple

from model_operator.api.base import format_duration, parse_duration
from model_operator.api.promotion import PromotionMode
from model_operator.api.vocabulary import Reason
from model_operator.core.observed import PolicyObject
from model_operator.core.replay import RecordedModel, Replayed
from model_operator.core.replay.record import registry_at

_NAMES_TOLD: Final = 5
_NOTHING_IS_DECIDED: Final = frozenset({Reason.INVALID_SPEC, Reason.REGISTERED_MODEL_OWNED})


class Known(NamedTuple):
    """What the sentences depend on."""

    better: bool  # whether retrained models pass the gate
    duration: timedelta  # of a training
    timed: int | None  # trainings that it is the median of; None: the person said it
    models: tuple[RecordedModel, ...]
    left_out: tuple[str, ...]  # models with too little telemetry
    policies: Mapping[str, PolicyObject]  # by the name under which they are shown
    replayed: Replayed  # of the policy of the file
    recorded: int | None  # trainings that are recorded for the time of the replay; None: nothing is
    checked: Replayed | None  # of the present policy, on the record


def assumptions_of(known: Known) -> tuple[str, ...]:
    """The sentences, what matters most first."""
    return (
        *_blocked(known.replayed),
        _gate(known),
        _durations(known),
        *_record(known),
        *_first_versions(known),
        *_performance(known),
        *_approval(known.policies),
        "A row of telemetry has come when its time stamp has passed; labels and people's requests are not replayed.",
        "Only the models of this plan take places in the budget, and only for trainings.",
        *([f"Too little telemetry to replay: {_listed(known.left_out)}."] if known.left_out else []),
    )


def _blocked(replayed: Replayed) -> Iterator[str]:
    """Models for which nothing can be decided at all: no number of theirs means anything."""
    told = {one.model: one.message for one in replayed.decisions if one.reason in _NOTHING_IS_DECIDED}
    for model, message in told.items():
        yield f"Nothing is decided for {model}: {message}."


def _gate(known: Known) -> str:
    if known.better:
        return "Every retrained model is assumed to be better, and is promoted; --assume-refused assumes the contrary."
    return "No retrained model is assumed to be better, so none is promoted (--assume-refused)."


def _durations(known: Known) -> str:
    length = format_duration(known.duration)
    if known.timed is None:
        return f"A training takes {length} (--training-duration)."
    source = f"the median of {known.timed} recorded ones" if known.timed else "no recorded one tells"
    return f"A training takes {length} ({source})."


def _record(known: Known) -> Iterator[str]:
    if "present" not in known.policies:
        yield "The present policy of the models is not known, or they have several: it is not compared."
    if known.recorded is not None and known.checked is not None:
        same = sum(training.recorded for training in known.checked.trainings)
        yield (
            f"Replayed on the record, the present policy decides {same} of the {known.recorded} trainings that are"
            " recorded for this time; people, another policy or other telemetry decided the others."
        )


def _first_versions(known: Known) -> Iterator[str]:
    began = {model.key: model.joined_at for model in known.replayed.models}
    without = [model.key for model in known.models if not registry_at(model.registry, began[model.key]).versions]
    if without:
        yield (
            f"No version is recorded for the start: {_listed(without)}. The replay begins with a first training, once"
            " the telemetry holds four current windows; it counts for no policy."
        )
    for name, policy in known.policies.items():
        short = [model.key for model in known.models if _judges_drift(policy) and _is_too_short(model, policy)]
        if short:
            yield (
                f"With {name}, training.lookback is shorter than four current windows: {_listed(short)}. Versions that"
                " the replay trains have no drift profile, and drift from them is not judged."
            )


def _performance(known: Known) -> Iterator[str]:
    judged = any(policy.spec and policy.spec.triggers.performance.enabled for policy in known.policies.values())
    unknown = [model.key for model in known.replayed.models if model.scored_at is None]
    if judged and unknown:
        yield (
            "Performance cannot be replayed without the models: only recorded evaluations count. None is recorded for"
            f" {_listed(unknown)}, so its verdict stays CannotDetermine there."
        )


def _approval(policies: Mapping[str, PolicyObject]) -> Iterator[str]:
    manual = [name for name, policy in policies.items() if policy.spec and _is_manual(policy)]
    if manual:
        yield f"promotion.mode is Manual in {_listed(manual)}: a person is assumed to approve at once."


def _is_manual(policy: PolicyObject) -> bool:
    return policy.spec is not None and policy.spec.promotion.mode is PromotionMode.MANUAL


def _judges_drift(policy: PolicyObject) -> bool:
    return policy.spec is not None and policy.spec.triggers.drift.enabled


def _is_too_short(model: RecordedModel, policy: PolicyObject) -> bool:
    if policy.spec is None:
        return False
    return parse_duration(model.spec.training.lookback) < 4 * parse_duration(policy.spec.triggers.drift.current_window)


def _listed(names: Iterable[str]) -> str:
    known = list(dict.fromkeys(names))
    more = len(known) - _NAMES_TOLD
    return ", ".join(known[:_NAMES_TOLD]) + (f" and {more} more" if more > 0 else "")
