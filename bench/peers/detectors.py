"""How each peer is asked whether the current window differs from the reference; one function per peer.

Runs in the peers' environments, where exactly one of them is installed: each is imported when it is asked for. What can
be prepared from the reference alone is prepared outside of what is timed, as our profile is.
"""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, Final

from bench.peers.workload import WINDOW, Series

Checks = dict[str, Callable[[], object]]  # name: judges all channels once


def scipy_checks(reference: Series, current: Series) -> Checks:
    """Two-sample tests and distances, a channel at a time."""
    stats = import_module("scipy.stats")
    pairs = list(zip(reference.T, current.T, strict=True))
    return {
        "ks_2samp, asymptotic": lambda: [stats.ks_2samp(one, other, method="asymp") for one, other in pairs],
        "ks_2samp, default": lambda: [stats.ks_2samp(one, other) for one, other in pairs],
        "ks_2samp, default, 10,000 rows": lambda: [stats.ks_2samp(one[:10_000], other) for one, other in pairs],
        "mannwhitneyu": lambda: [stats.mannwhitneyu(one, other) for one, other in pairs],
        "wasserstein_distance": lambda: [stats.wasserstein_distance(one, other) for one, other in pairs],
    }


def frouros_checks(reference: Series, current: Series) -> Checks:
    """Its univariate batch detectors, fitted to each channel before."""
    detectors = import_module("frouros.detectors.data_drift")

    def check(kind: str) -> Callable[[], object]:
        fitted = [getattr(detectors, kind)() for _ in reference.T]
        for detector, channel in zip(fitted, reference.T, strict=True):
            detector.fit(X=channel)
        return lambda: [detector.compare(X=channel) for detector, channel in zip(fitted, current.T, strict=True)]

    return {kind: check(kind) for kind in ("KSTest", "PSI", "JS", "EMD")}


def evidently_checks(reference: Series, current: Series) -> Checks:
    """Its drift report with the default statistic and with four that are named."""
    evidently, presets = import_module("evidently"), import_module("evidently.presets")
    past, present = _frame(reference), _frame(current)

    def check(**options: str) -> Callable[[], object]:
        return lambda: evidently.Report([presets.DataDriftPreset(**options)]).run(present, past).dict()

    methods = {"ks": "ks", "psi": "psi", "jensenshannon": "jensenshannon", "wasserstein": "wasserstein"}
    return {"Report, default": check()} | {f"Report, {name}": check(method=name) for name in methods}


def alibi_detect_checks(reference: Series, current: Series) -> Checks:
    """Its univariate detectors for tabular data, made from the reference before."""
    detection = import_module("alibi_detect.cd")

    def check(kind: str) -> Callable[[], object]:
        detector = getattr(detection, kind)(reference, p_val=0.05)
        return lambda: detector.predict(current)

    return {kind: check(kind) for kind in ("KSDrift", "CVMDrift", "TabularDrift")}


def nannyml_checks(reference: Series, current: Series) -> Checks:
    """Its univariate calculator, fitted to chunks of the reference that are as long as the current window."""
    calculator = import_module("nannyml").UnivariateDriftCalculator
    past, present = _frame(reference), _frame(current)

    def check(*methods: str) -> Callable[[], object]:
        names = [str(name) for name in past.columns]
        fitted = calculator(column_names=names, continuous_methods=list(methods), chunk_size=WINDOW).fit(past)
        return lambda: fitted.calculate(present)

    return {name: check(name) for name in ("jensen_shannon", "kolmogorov_smirnov", "wasserstein")}


PEERS: Final[Mapping[str, Callable[[Series, Series], Checks]]] = {
    "scipy": scipy_checks,
    "frouros": frouros_checks,
    "evidently": evidently_checks,
    "alibi-detect": alibi_detect_checks,
    "nannyml": nannyml_checks,
}


def _frame(values: Series) -> Any:
    columns = [f"channel {number}" for number in range(values.shape[1])]
    return import_module("pandas").DataFrame(values, columns=columns)
