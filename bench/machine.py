"""On what and beside what was measured: numbers of different machines compare only as ratios."""

import os
import platform
import sys
from pathlib import Path

import psutil


def facts() -> str:
    """Processor, cores, memory, load before the measurement, and versions, in one paragraph."""
    cores, memory = psutil.cpu_count() or 0, psutil.virtual_memory().total / 2**30
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else cores
    load = ", ".join(f"{average:.1f}" for average in psutil.getloadavg())
    return (
        f"{_processor()}, {usable} of {cores} cores usable, {memory:.0f} GiB;"
        f" {platform.system()} {platform.release()}, Python {platform.python_version()}."
        f" Load average over 1, 5 and 15 minutes before: {load}."
    )


def _processor() -> str:
    if sys.platform == "linux":
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
