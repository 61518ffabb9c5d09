"""A window proves something only about versions that have not learnt it."""

from datetime import timedelta

import pytest

from model_operator.api.promotion import Promotion, PromotionMode
from model_operator.api.vocabulary import Reason
from model_operator.core.leakage import find_leakage
from model_operator.core.observed import Version
from model_operator.core.promotion import judge_candidate
from tests.builders import T0, better, hours, serving, version

JUDGED_ON_A_DAY = better(2, 1, held_out_start=T0 - hours(24), data_end=T0)


@pytest.mark.parametrize(("champion", "message"), [
    pytest.param(serving(1, held_out_start=T0 - hours(24)), None, id="a champion that has learnt up to the window is fair"),
    pytest.param(serving(1, held_out_start=T0 - hours(18)),
                 "version 2 was judged on telemetry from 2026-11-23T12:00Z to 2026-11-24T12:00Z, "
                 "but version 1 has learnt up to 2026-11-23T18:00Z: 6h (25 %) of that window",
                 id="a champion that knows a quarter of the window is refused with the numbers"),
    pytest.param(serving(1, held_out_start=T0 + hours(24)),
                 "version 2 was judged on telemetry from 2026-11-23T12:00Z to 2026-11-24T12:00Z, "
                 "but version 1 has learnt up to 2026-11-25T12:00Z: 1d (100 %) of that window",
                 id="a champion that has learnt newer telemetry knows all of the window"),
    pytest.param(serving(1, held_out_start=None), None,
                 id="a champion that does not say what it has learnt can only have had the advantage"),
])  # fmt: skip
def test_the_window_must_lie_outside_what_the_champion_has_learnt(champion: Version, message: str | None) -> None:
    found = find_leakage(JUDGED_ON_A_DAY, champion)
    assert message == (found and found.message)
    assert (Reason.DATA_LEAKAGE if message else Reason.PROMOTED) is judge_candidate(
        JUDGED_ON_A_DAY, champion, Promotion()
    ).reason


@pytest.mark.parametrize("candidate", [
    pytest.param(version(1, held_out_start=None), id="no beginning"),
    pytest.param(version(1, data_end=None, held_out_start=T0), id="no end"),
    pytest.param(version(1, data_end=T0, held_out_start=T0), id="an empty window"),
    pytest.param(version(1, data_end=T0, held_out_start=T0 + timedelta(seconds=1)), id="a window that ends before it begins"),
])  # fmt: skip
def test_a_candidate_that_does_not_say_what_it_was_judged_on_never_passes(candidate: Version) -> None:
    gate = judge_candidate(candidate, None, Promotion(mode=PromotionMode.MANUAL))
    assert gate.reason is Reason.DATA_LEAKAGE
    assert gate.message == "version 1 does not say on which telemetry it was judged"
