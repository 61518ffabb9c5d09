"""Stage moves: interrupted anywhere they end alike, and applying a decision leaves nothing to decide."""

from hypothesis import given
from hypothesis import strategies as st

from model_operator.api.vocabulary import MovedBy, Reason, Stage
from model_operator.core.decision import DeleteAlias, RecordMoves, SetAlias, SetStageTag
from model_operator.core.observed import Observed, RegisteredModel
from model_operator.core.reconcile import decide
from model_operator.core.registry_writes import apply_write
from model_operator.core.stages import Wish, plan_stages
from tests.builders import T0, TRAINER, archived, better, model, observed, policy, registry, serving, staged, version

PROMOTE_2 = Wish(version=2, stage=Stage.PRODUCTION, by=MovedBy.POLICY, reason=Reason.PROMOTED, message="better")
CHALLENGED = registry(serving(1), staged(2, **better(2, 1).model_dump(include={"compared_with", "comparison", "kpis"})),
                      production=1, staging=2)  # fmt: skip


def settle(snapshot: Observed, *, passes: int = 12) -> RegisteredModel:
    """Decide and apply until nothing is written any more."""
    for _ in range(passes):
        decision = decide(snapshot, T0, TRAINER)
        if not decision.registry_writes:
            assert snapshot.registry is not None
            return snapshot.registry
        assert snapshot.registry is not None
        after = snapshot.registry
        for write in decision.registry_writes:
            after = apply_write(after, write)
        snapshot = snapshot.model_copy(update={"registry": after})
    raise AssertionError(f"still writing after {passes} passes: {decision}")


def holders(model: RegisteredModel) -> tuple[int | None, int | None, dict[int, Stage]]:
    return model.production, model.staging, {v.version: v.stage_tag for v in model.versions}


def test_a_promotion_moves_the_alias_before_it_archives() -> None:
    plan = plan_stages(CHALLENGED, (PROMOTE_2,), T0)
    assert [(type(write), getattr(write, "version", None)) for write in plan.writes] == [
        (RecordMoves, 2),
        (SetAlias, 2),
        (SetStageTag, 2),
        (DeleteAlias, None),
        (RecordMoves, 1),
        (SetStageTag, 1),
    ]
    assert [(m.version, m.from_stage, m.to_stage) for m in plan.moves] == [
        (2, Stage.STAGING, Stage.PRODUCTION),
        (1, Stage.PRODUCTION, Stage.ARCHIVED),
    ]


def test_a_promotion_interrupted_after_any_write_is_completed_with_its_own_reason() -> None:
    reference = settle(observed(registry=CHALLENGED))
    writes = decide(observed(registry=CHALLENGED), T0, TRAINER).registry_writes
    for done in range(len(writes) + 1):
        interrupted = CHALLENGED
        for write in writes[:done]:
            interrupted = apply_write(interrupted, write)
        settled = settle(observed(registry=interrupted))
        assert holders(reference) == holders(settled), f"after {done} of {len(writes)} writes"
        assert [m.reason for m in settled.versions[0].moves] == [m.reason for m in reference.versions[0].moves]


def test_production_is_never_without_a_holder_during_a_promotion() -> None:
    state = CHALLENGED
    for write in plan_stages(CHALLENGED, (PROMOTE_2,), T0).writes:
        state = apply_write(state, write)
        assert state.production is not None


def test_a_rollback_interrupted_before_the_archive_is_not_taken_for_a_persons_move() -> None:
    pinned = observed(model=model(productionVersion=1), registry=registry(archived(1), serving(2), production=2))
    state = pinned.registry
    assert state is not None
    for write in decide(pinned, T0, TRAINER).registry_writes[:-1]:
        state = apply_write(state, write)
    decision = decide(observed(registry=state), T0, TRAINER)
    assert decision.reason is Reason.REPLACED
    assert settle(observed(registry=state)).production == 1


@st.composite
def registries(draw: st.DrawFn) -> RegisteredModel:
    """Any mixture of versions, tags, records and aliases, also those that only accidents and people make."""
    count = draw(st.integers(1, 4))
    makers = [draw(st.sampled_from([version, staged, serving, archived])) for _ in range(count)]
    versions = [
        make(
            number + 1,
            is_complete=draw(st.booleans()) or make is not version,
            compared_with=draw(st.none() | st.integers(1, 4)),
        )
        for number, make in enumerate(makers)
    ]
    alias = st.none() | st.integers(1, count)
    return registry(*versions, production=draw(alias), staging=draw(alias))


@given(registries(), st.none() | st.integers(1, 4), st.sampled_from(["Adopt", "Revert"]), st.integers(0, 8))
def test_any_registry_comes_to_rest_with_one_holder_per_stage(
    state: RegisteredModel, pin: int | None, on_change: str, interrupted_after: int
) -> None:
    snapshot = observed(
        model=model(productionVersion=pin),
        policy=policy(promotion={"onRegistryChange": on_change}),
        registry=state,
    )
    for write in decide(snapshot, T0, TRAINER).registry_writes[:interrupted_after]:
        state = apply_write(state, write)
    settled = settle(snapshot.model_copy(update={"registry": state}))
    if pin and settled.version(pin) is None:
        assert state == settled, "a pin that leads nowhere changes nothing"
        return
    tags = [v.stage_tag for v in settled.versions]
    assert tags.count(Stage.PRODUCTION) == (settled.production is not None)
    assert tags.count(Stage.STAGING) == (settled.staging is not None)
    for holder, stage in ((settled.production, Stage.PRODUCTION), (settled.staging, Stage.STAGING)):
        found = settled.version(holder)
        assert found is None or found.stage_tag is stage
    assert pin in {None, settled.production}
