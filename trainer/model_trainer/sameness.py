"""How far a version that was trained again is the same: two lineages compared, causes before what follows from them.

Pure. Bit-identical weights end the question. Otherwise another processor or another release may round differently, and
a network that was fitted with other rounding is about as far from the first as one with another seed: its KPIs must lie
within a stated tolerance. Where the telemetry itself has changed, nothing can be said about the version.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Final

from model_contract.keys import Kpi
from model_contract.reproduction import Difference, DifferenceKind, ReproductionVerdict
from model_trainer.lineage import DataLineage, EnvironmentLineage, Lineage

# The tolerance; docs/rebuilding.md states it for users.
RELATIVE_PERCENT: Final = 5.0  # of MAE and RMSE
ABSOLUTE: Final = 0.1  # of scores between 0 and 1
_ERRORS: Final = (Kpi.MAE, Kpi.RMSE)
_SCORES: Final = (Kpi.PRECISION, Kpi.RECALL, Kpi.F1)
_MOST_NAMED: Final = 6  # packages and variables in one message
_LONGEST: Final = 400


def differences(original: Lineage, again: Lineage, hyperparameters: Iterable[str] = ()) -> tuple[Difference, ...]:
    """All that is not as it was, causes first.

    Args:
        original: of the version.
        again: of the reproduction.
        hyperparameters: what became of those that could not be pinned, in words.
    """
    found: Mapping[DifferenceKind, Iterable[str]] = {
        DifferenceKind.DATA: _data(original.data, again.data),
        DifferenceKind.CODE: _code(original, again),
        DifferenceKind.IMAGE: _changed({"image": original.code.image}, {"image": again.code.image}),
        DifferenceKind.PACKAGES: _changed(original.code.packages, again.code.packages),
        DifferenceKind.HYPERPARAMETERS: hyperparameters,
        DifferenceKind.ENVIRONMENT: _changed(_flat(original.environment), _flat(again.environment)),
        DifferenceKind.WEIGHTS: _weights(original, again),
        DifferenceKind.KPIS: _kpis(original.kpis, again.kpis),
    }
    said = ((kind, "; ".join(_first(words))) for kind, words in found.items())
    return tuple(Difference(kind=kind, message=message[:_LONGEST]) for kind, message in said if message)


def verdict(original: Lineage, again: Lineage) -> ReproductionVerdict:
    """Same, WithinTolerance or Different."""
    if original.data.digest != again.data.digest:
        return ReproductionVerdict.DIFFERENT
    if original.weights_digest == again.weights_digest:
        return ReproductionVerdict.SAME
    near = _within_tolerance(original.kpis, again.kpis)
    return ReproductionVerdict.WITHIN_TOLERANCE if near else ReproductionVerdict.DIFFERENT


def _within_tolerance(then: Mapping[str, float], now: Mapping[str, float]) -> bool:
    """KPIs that only one of the two has lie outside: a score that is gone is no score that is near."""
    judged = [kpi.value for kpi in (*_ERRORS, *_SCORES) if kpi in then or kpi in now]
    if any((name in then) != (name in now) for name in judged):
        return False
    return all(
        abs(now[name] - then[name]) <= (then[name] * RELATIVE_PERCENT / 100 if name in _ERRORS else ABSOLUTE)
        for name in judged
    )


def _data(then: DataLineage, now: DataLineage) -> Iterator[str]:
    if then.digest != now.digest:
        yield (
            f"the telemetry from {then.start.isoformat()} to {then.end.isoformat()} has changed: "
            f"sha256 {_short(then.digest)} then, {_short(now.digest)} now"
        )
        if then.rows != now.rows:
            yield f"{then.rows} rows then, {now.rows} now"
        if then.columns != now.columns:
            yield f"columns {', '.join(then.columns)} then, {', '.join(now.columns)} now"
    elif then.labels_digest != now.labels_digest:
        yield (
            f"other rows are labelled as anomalies: sha256 {_short(then.labels_digest)} then, "
            f"{_short(now.labels_digest)} now"
        )


def _code(original: Lineage, again: Lineage) -> Iterator[str]:
    then, now = original.code, again.code
    if then.digest != now.digest:
        yield f"commit {then.revision or 'unknown'} then, {now.revision or 'unknown'} now"
        yield f"sha256 of the sources {_short(then.digest)} then, {_short(now.digest)} now"


def _weights(original: Lineage, again: Lineage) -> Iterator[str]:
    if original.weights_digest != again.weights_digest:
        yield f"sha256 {_short(original.weights_digest)} then, {_short(again.weights_digest)} now"


def _kpis(then: Mapping[str, float], now: Mapping[str, float]) -> Iterator[str]:
    for name in (kpi.value for kpi in Kpi):
        before, after = then.get(name), now.get(name)
        if before == after:
            continue
        change = f" ({100 * (after / before - 1):+.2g} %)" if before and after is not None and name in _ERRORS else ""
        yield f"{name} {_number(before)} then, {_number(after)} now{change}"


def _changed(then: Mapping[str, str | None], now: Mapping[str, str | None]) -> Iterator[str]:
    for name in sorted(then.keys() | now.keys()):
        before, after = then.get(name), now.get(name)
        if before != after:
            yield f"{name} {before or 'none'} then, {after or 'none'} now"


def _flat(environment: EnvironmentLineage) -> dict[str, str]:
    plain = environment.model_dump(exclude={"variables"})
    return {name: str(value) for name, value in plain.items()} | environment.variables


def _first(words: Iterable[str]) -> list[str]:
    """The first of many, and how many more there are."""
    rest = iter(words)
    first = list(islice(rest, _MOST_NAMED))
    more = sum(1 for _ in rest)
    return [*first, f"and {more} more"] if more else first


def _short(digest: str | None) -> str:
    return "none" if digest is None else f"{digest[:12]}…"


def _number(value: float | None) -> str:
    return "none" if value is None else f"{value:.6g}"
