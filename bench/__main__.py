"""`python -m bench`: measure operator, trainer, drift check, images, accuracy; print a table per topic and the bars.

`make bench` runs it. Everything is measured on this machine in this run; where something is compared, both sides are.
"""

import argparse
import dataclasses
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from bench.accuracy import measure_accuracy
from bench.accuracy_paper import measure_presets
from bench.drift import measure_drift
from bench.image_sizes import measure_images
from bench.machine import facts
from bench.operator_bench import FULL, QUICK, measure_operators
from bench.table import Bar, Table, summary
from bench.trainer_bench import measure_trainings

TOPICS: Final = ("operator", "trainer", "drift", "images")
LABELLED: Final = "accuracy"  # a topic that needs telemetry with known anomalies


def main() -> int:
    """Measure what was asked for; returns the exit status, which says nothing about bars."""
    options = _options()
    topics = options.only or (*TOPICS, *([LABELLED] if options.telemetry else []))
    bars: list[Bar] = []
    raw: dict[str, Any] = {"machine": facts()}
    print(raw["machine"], flush=True)
    if "operator" in topics:
        tables, found, runs = measure_operators(
            plans=QUICK if options.quick else FULL,
            rounds=options.rounds or (1 if options.quick else 3),
            with_peer=options.peer,
            say=_say,
        )
        raw["operator"] = runs
        _print(tables)
        bars += found
    if "trainer" in topics:
        _say("trainer")
        tables, found, trainings = measure_trainings(quick=options.quick)
        raw["trainer"] = trainings
        _print(tables)
        bars += found
    if "drift" in topics:
        _say("drift")
        text, found, raw["drift"] = measure_drift(quick=options.quick)
        print(f"\n{text}", flush=True)
        bars += found
    if "images" in topics:
        tables, found, raw["images"] = measure_images()
        _print(tables)
        bars += found
    if LABELLED in topics:
        _say("accuracy")
        tables, found, raw["accuracy"] = measure_accuracy(options.telemetry)
        beside, raw["presets"] = measure_presets(options.telemetry)
        _print([*tables, beside])
        bars += found
    _print([summary(bars)])
    raw["bars"] = [dataclasses.asdict(bar) | {"verdict": bar.verdict} for bar in bars]
    if options.json:
        options.json.write_text(json.dumps(raw, indent=1, default=dataclasses.asdict) + "\n", encoding="utf-8")
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="500 objects, one round, short spans, few trials")
    parser.add_argument(
        "--only", action="append", choices=(*TOPICS, LABELLED), help="a topic; may be given more than once"
    )
    parser.add_argument("--peer", action="store_true", help="build a controller-runtime operator and run it in between")
    parser.add_argument("--rounds", type=int, help="runs of each operator; default: 3, with --quick 1")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything that was measured to a file")
    parser.add_argument(
        "--telemetry", type=Path, metavar="FOLDER", help="labelled channels, for the topic accuracy: SMAP and MSL, say"
    )
    options = parser.parse_args()
    if LABELLED in (options.only or ()) and not options.telemetry:
        parser.error("the topic accuracy needs --telemetry FOLDER")
    return options


def _print(tables: Sequence[Table]) -> None:
    for table in tables:
        print(f"\n{table.render()}", flush=True)


def _say(message: str) -> None:
    print(f"[{message}]", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
