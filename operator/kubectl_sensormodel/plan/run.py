"""The story of one plan: gather what there is, replay each policy on it, say what came of it."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import NAMESPACE_URL, uuid5

from kubectl_sensormodel.errors import ExitCode, PluginError
from kubectl_sensormodel.plan.assumed import Known, assumptions_of
from kubectl_sensormodel.plan.inputs import Candidate, Inputs
from kubectl_sensormodel.plan.places import Recordings
from kubectl_sensormodel.plan.policies import compared
from kubectl_sensormodel.plan.profiles import Profiles
from kubectl_sensormodel.plan.report import Plan, PlannedModel, outcome_of, recorded_outcome
from kubectl_sensormodel.plan.telemetry import TelemetryHistory
from kubectl_sensormodel.plan.versions import Record, in_data_time
from model_operator.api.base import GROUP, format_duration, parse_duration
from model_operator.api.retrainingpolicy import RetrainingPolicySpec
from model_operator.core.observed import PolicyObject, RegisteredModel
from model_operator.core.replay import Assumptions, Mode, RecordedModel, Replayed, expected_duration, replay
from model_operator.core.replay.record import registry_at

WINDOWS_BEFORE_START = 4  # a drift profile needs as many


class Wishes(NamedTuple):
    """What the person asks of the plan beside its inputs."""

    title: str  # under which the policy of the file is shown
    since: timedelta  # before the newest row
    duration: timedelta | None  # of a training; None: as recorded
    better: bool  # whether retrained models pass the gate


def make_plan(inputs: Inputs, wishes: Wishes, recordings: Recordings, record: Record) -> Plan:
    """Replay the policies on the same history.

    Raises:
        PluginError: there is too little telemetry to replay anything on.
    """
    policies = compared(inputs.policy, inputs.present, wishes.title)
    registries = {model.key: record.read(model.spec.registered_model) for model in inputs.models}
    known = [length for registry in registries.values() for length in record.durations(registry)]
    duration = wishes.duration or expected_duration(known)
    spec = _spec(inputs.policy)
    registries = {key: in_data_time(registry, spec, duration) for key, registry in registries.items()}
    end = max(recordings.of(model.spec.telemetry).newest for model in inputs.models)
    lead = WINDOWS_BEFORE_START * max(_window(policy) for policy in policies.values())
    models = _place(inputs.models, registries, recordings, start=end - wishes.since, lead=lead)
    if not models:
        raise _too_little(inputs.models, recordings, policies, lead)
    start = min(model.joins_at or end for model in models)
    history = TelemetryHistory(recordings, Profiles(record.profile))
    assume = Assumptions(mode=Mode.WHAT_IF, duration=duration, better=wishes.better)
    replayed = {
        name: replay(models, policy, history, start=start, end=end, assumptions=assume)
        for name, policy in policies.items()
    }
    outcomes = [outcome_of(name, replayed[name], _spec(policy).triggers, duration) for name, policy in policies.items()]
    recorded = recorded_outcome(registries, start, end, duration)
    known_facts = Known(
        better=wishes.better,
        duration=duration,
        timed=len(known) if wishes.duration is None else None,
        models=models,
        left_out=tuple(model.key for model in inputs.models if model.key not in {one.key for one in models}),
        policies=policies,
        replayed=replayed[wishes.title],
        recorded=recorded.trainings + recorded.first_trainings if recorded else None,
        checked=_check(models, inputs.present, history, start, end, assume) if recorded else None,
    )
    return Plan(
        policy=inputs.policy.name,
        start_time=start,
        end_time=end,
        models=tuple(_planned(model, recordings) for model in models),
        outcomes=(*outcomes, *((recorded,) if recorded else ())),
        assumptions=assumptions_of(known_facts),
    )


def _check(
    models: tuple[RecordedModel, ...],
    present: PolicyObject | None,
    history: TelemetryHistory,
    start: datetime,
    end: datetime,
    assume: Assumptions,
) -> Replayed | None:
    """The present policy on the record: how far a replay of what happened decides as it was decided."""
    if present is None or present.spec is None:
        return None
    tolerance = parse_duration(present.spec.check_interval)
    follow = assume.model_copy(update={"mode": Mode.RECORDED, "tolerance": tolerance})
    return replay(models, present, history, start=start, end=end, assumptions=follow)


def _place(
    candidates: Sequence[Candidate],
    registries: Mapping[str, RegisteredModel],
    recordings: Recordings,
    *,
    start: datetime,
    lead: timedelta,
) -> tuple[RecordedModel, ...]:
    """The models with the time of their replay; those without any are left out."""
    placed = []
    for model in candidates:
        recording, registry = recordings.of(model.spec.telemetry), registries[model.key]
        joins_at = max(start, recording.oldest)
        if registry_at(registry, joins_at).production is None:  # its first version needs telemetry to learn from
            joins_at = max(start, recording.oldest + lead)
        if joins_at < recording.newest:
            placed.append(
                RecordedModel(
                    namespace=model.namespace,
                    name=model.name,
                    uid=model.uid or registry.owner_uid or str(uuid5(NAMESPACE_URL, f"{GROUP}/{model.key}")),
                    generation=model.generation,
                    spec=model.spec,
                    registry=registry,
                    joins_at=joins_at,
                    leaves_at=recording.newest,
                )
            )
    return tuple(placed)


def _too_little(
    candidates: Sequence[Candidate], recordings: Recordings, policies: Mapping[str, PolicyObject], lead: timedelta
) -> PluginError:
    found = [recordings.of(model.spec.telemetry) for model in candidates]
    longest = max(recording.newest - recording.oldest for recording in found)
    needs = max(policies, key=lambda name: _window(policies[name]))
    return PluginError(
        f"too little telemetry: it spans at most {format_duration(longest)}, and where no version is recorded a replay"
        f" begins after {format_duration(lead)} of it, four times the currentWindow of {needs}",
        "Take longer telemetry or a shorter triggers.drift.currentWindow, or name the MLflow server that has versions.",
        code=ExitCode.NOT_FINE,
    )


def _planned(model: RecordedModel, recordings: Recordings) -> PlannedModel:
    recording = recordings.of(model.spec.telemetry)
    start = model.joins_at or recording.oldest
    return PlannedModel(
        model=model.key,
        start_time=start,
        end_time=model.leaves_at or recording.newest,
        rows=recording.rows,
        recorded_versions=len(registry_at(model.registry, start).versions),
    )


def _window(policy: PolicyObject) -> timedelta:
    return parse_duration(_spec(policy).triggers.drift.current_window)


def _spec(policy: PolicyObject) -> RetrainingPolicySpec:
    return policy.spec or RetrainingPolicySpec()
