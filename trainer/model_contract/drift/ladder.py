"""From probabilities to words: p to score and severity, and the p of a model from those of its channels.

Pure functions, called by `check.py`; the steps are those at which false alarms were measured (bench/drift_quality.py).
"""

import math
from typing import Final

import numpy as np

from model_contract.drift.series import Booleans, Floats
from model_contract.severity import Severity

# (p, score): the score is linear in log10 p between these points.
RUNGS: Final = ((1.0, 0.0), (1e-2, 0.3), (1e-3, 0.5), (1e-4, 0.7), (1e-6, 0.85), (1e-9, 1.0))
FALSE_DISCOVERY_RATE: Final = 0.05

# The largest p that is still that severe, the most severe first.
LIMITS: Final = {Severity.CRITICAL: 1e-6, Severity.HIGH: 1e-4, Severity.MODERATE: 1e-3, Severity.LOW: 1e-2}


def severity_of(p: float) -> Severity:
    """None above .01, Low to .001, Moderate to 1e-4, High to 1e-6, Critical below; the limits belong to the severer."""
    return next((severity for severity, limit in LIMITS.items() if p <= limit), Severity.NONE)


def score_of(p: float) -> float:
    """0 .. 1, piecewise linear in log10 p; 0.3, 0.5, 0.7 and 0.85 are where Low, Moderate, High and Critical begin."""
    logs = [-math.log10(rung) for rung, _ in RUNGS]
    scores = [score for _, score in RUNGS]
    evidence = math.inf if p <= 0.0 else -math.log10(p)
    return float(np.interp(min(evidence, logs[-1]), logs, scores))


def simes(p: Floats) -> float:
    """P of "no channel drifted" from the p of k channels: min of p(i) k / i, p(i) ascending (Simes 1986)."""
    ordered = np.sort(p)
    return float(min(1.0, (ordered * p.size / np.arange(1, p.size + 1)).min()))


def discoveries(p: Floats, rate: float = FALSE_DISCOVERY_RATE) -> Booleans:
    """Which channels drifted when the expected share of false ones among them is at most `rate`.

    Benjamini and Hochberg (1995), procedure (1): all up to the largest i with p(i) <= rate i / k. There is one exactly
    when `simes(p) <= rate`.
    """
    ordered = np.sort(p)
    passing = np.flatnonzero(ordered <= rate * np.arange(1, p.size + 1) / p.size)
    return np.asarray(p <= ordered[passing[-1]] if passing.size else np.zeros(p.size, dtype=bool))
