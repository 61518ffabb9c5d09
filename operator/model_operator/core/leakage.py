"""Whether the window that two versions were judged on lies outside what either of them has learnt.

The gate asks. A version that knows part of the window already looks better there than it will on new telemetry. The
trainer says in tags where what a version learnt ends and what it was judged by begins.
"""

from model_operator.api.base import format_duration
from model_operator.api.vocabulary import Reason
from model_operator.core.observed import GateRecord, Version


def find_leakage(candidate: Version, champion: Version | None) -> GateRecord | None:
    """Why the comparison proves nothing, with the numbers; None when the window is held out from both.

    A candidate that does not say what it was judged on proves nothing. A champion that does not, for example one that
    was registered by hand, can only have had the advantage: the candidate that beats it nevertheless is better.
    """
    start, end = candidate.held_out_start, candidate.data_end
    if start is None or end is None or start >= end:
        return _leakage(f"version {candidate.version} does not say on which telemetry it was judged")
    if champion is None or champion.held_out_start is None or champion.held_out_start <= start:
        return None
    learnt = min(champion.held_out_start, end) - start
    return _leakage(
        f"version {candidate.version} was judged on telemetry from {start:%Y-%m-%dT%H:%MZ} to {end:%Y-%m-%dT%H:%MZ}, "
        f"but version {champion.version} has learnt up to {champion.held_out_start:%Y-%m-%dT%H:%MZ}: "
        f"{format_duration(learnt)} ({100 * learnt / (end - start):.0f} %) of that window"
    )


def _leakage(message: str) -> GateRecord:
    return GateRecord(reason=Reason.DATA_LEAKAGE, message=message)
