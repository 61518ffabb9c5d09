"""`python -m bench`: measure operator, trainer and drift check, print a table per topic, and say which bars are met.

`make bench` runs it. Everything is measured on this machine in this run; where something is compared, both sides are.
"""

import argparse
import dataclasses
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from bench.machine import facts
from bench.operator_bench import FULL, QUICK, measure_operators
from bench.processes import PYTHON, ROOT, python_environment
from bench.table import Bar, Table, summary
from bench.trainer_bench import measure_trainings

TOPICS: Final = ("operator", "trainer", "drift")


def main() -> int:
    """Measure what was asked for; returns the exit status, which says nothing about bars."""
    options = _options()
    topics = options.only or TOPICS
    print(facts(), flush=True)
    bars: list[Bar] = []
    raw: dict[str, Any] = {"machine": facts()}
    if "operator" in topics:
        tables, found, runs = measure_operators(
            plans=QUICK if options.quick else FULL,
            rounds=options.rounds or (1 if options.quick else 3),
            with_peer=options.peer,
            say=_say,
        )
        raw["operator"] = [dataclasses.asdict(run) for run in runs]
        _print(tables)
        bars += found
    if "trainer" in topics:
        _say("trainer")
        tables, found, trainings = measure_trainings(quick=options.quick)
        raw["trainer"] = [dataclasses.asdict(training) for training in trainings]
        _print(tables)
        bars += found
    if "drift" in topics:
        _drift()
    _print([summary(bars)])
    raw["bars"] = [dataclasses.asdict(bar) | {"verdict": bar.verdict} for bar in bars]
    if options.json:
        options.json.write_text(json.dumps(raw, indent=1, default=str) + "\n", encoding="utf-8")
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="500 objects, one round, short spans, few trials")
    parser.add_argument("--only", action="append", choices=TOPICS, help="a topic; may be given more than once")
    parser.add_argument("--peer", action="store_true", help="build a controller-runtime operator and run it in between")
    parser.add_argument("--rounds", type=int, help="runs of each operator; default: 3, with --quick 1")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything that was measured to a file")
    return parser.parse_args()


def _drift() -> None:
    """Both drift measurements, in processes of their own with one BLAS thread each."""
    environment = os.environ | python_environment("trainer", ".") | {"OPENBLAS_NUM_THREADS": "1"}
    for module, title in (("bench.drift_speed", "Drift: speed"), ("bench.drift_quality", "Drift: quality")):
        _say(title.lower())
        print(f"\n== {title}", flush=True)
        subprocess.run([PYTHON, "-m", module, "--quick"], cwd=ROOT, env=environment, check=True)


def _print(tables: Sequence[Table]) -> None:
    for table in tables:
        print(f"\n{table.render()}", flush=True)


def _say(message: str) -> None:
    print(f"[{message}]", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
