"""The residual view of drift by the served model's own errors, for the windows that the operator looks at.

The operator's worker judges windows that lie at multiples of their length since the Unix epoch, on the grid of the
version's drift profile (`gateways/telemetry_windows.py` there); the same windows are measured here.
"""

from typing import Final

import numpy as np

from model_contract.drift import DriftProfile, model_residual_view
from model_contract.evaluation import EvaluatedWindow, ResidualView
from model_trainer.data.telemetry import Floats, Times, instant, interval, time_of
from model_trainer.profile import grid_slots

_EPOCH: Final = np.datetime64(0, "ns")
_CUT: Final = np.timedelta64(999, "ns")
MOST_WINDOWS: Final = 2  # the newest two: the operator confirms a drift by the window before


def residual_views(
    profile: DriftProfile, times: Times, errors: Floats, evaluated: EvaluatedWindow
) -> tuple[ResidualView, ...]:
    """The views of the newest aligned windows that lie in the evaluated one, the newest last.

    Args:
        profile: of the version whose errors these are; without its part about them there are no views.
        times: (rows,) ascending.
        errors: (rows,) observed minus predicted, NaN where there is none.
        evaluated: the window.
    """
    length = interval(profile.window_rows * profile.sampling_seconds)
    views = []
    for end in aligned_ends(evaluated, length):
        grid = window_grid(times, errors, end - length, profile.window_rows, profile.sampling_seconds)
        views.append(model_residual_view(profile, grid, window_end=instant(end)))
    return tuple(view for view in views if view is not None)


def aligned_ends(evaluated: EvaluatedWindow, length: np.timedelta64) -> list[np.datetime64]:
    """The ends of the newest windows of that length in the evaluated one, the newest last.

    An end that the operator has cut to microseconds still counts as the end that it was.
    """
    newest = _EPOCH + (time_of(evaluated.end) + _CUT - _EPOCH) // length * length
    ends = (newest - count * length for count in reversed(range(MOST_WINDOWS)))
    return [end for end in ends if end - length >= time_of(evaluated.start)]


def window_grid(times: Times, values: Floats, start: np.datetime64, rows: int, sampling_seconds: float) -> Floats:
    """The values of one window, one per sampling interval, (rows,); NaN where there is none."""
    inside = (times >= start) & (times < start + interval(rows * sampling_seconds))
    grid = np.full(rows, np.nan)
    if inside.any():
        found = times[inside]
        slots = (found[0] - start) // interval(sampling_seconds) + grid_slots(found, sampling_seconds)
        grid[slots[slots < rows]] = values[inside][slots < rows]
    return grid
