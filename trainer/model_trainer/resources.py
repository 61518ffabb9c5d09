"""What a Job cost: memory and time, as metrics of its run.

MLflow shows metrics that begin with `system/` on a page of their own. Memory is that of this process, time is that of
this pod: of a training that was interrupted, the last one.
"""

import resource
import sys
import time
from collections.abc import Mapping

from model_contract.progress import TrainingStep


def resource_metrics(steps: Mapping[TrainingStep, float], wall_seconds: float) -> dict[str, float]:
    """Metrics of the run.

    Args:
        steps: seconds of each step.
        wall_seconds: of all the work, without the imports before it.
    """
    return {
        "system/peak_memory_mebibytes": peak_memory_mebibytes(),
        "system/wall_seconds": wall_seconds,
        "system/cpu_seconds": time.process_time(),
    } | {f"system/{step.lower()}_seconds": seconds for step, seconds in steps.items()}


def peak_memory_mebibytes() -> float:
    """The largest resident set that this process had so far."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)
