"""`python -m bench.peers`: the drift check beside scipy, frouros, evidently, alibi-detect and nannyml.

`make bench-peers` runs it. The environments take 3 GB and some minutes the first time. A peer that cannot be installed
or measured is named with its error; the others are measured all the same.
"""

import argparse
import json
import sys
from typing import Any, Final

from bench.machine import facts
from bench.peers.environments import REQUIREMENTS, PeerFailed, install, measured
from bench.peers.workload import CHANNELS, ROWS, WINDOW
from bench.table import Table, number

_MEASURED: Final = (
    f"{CHANNELS} channels, {ROWS} reference and {WINDOW} current rows each. Microseconds of processor time per channel,"
    " the best of several runs, one BLAS thread. Ours: check_drift with its report, timed in the same process just"
    " before and after; what a library can prepare from the reference alone is prepared before, as our profile is."
)


def main() -> int:
    """Measure every peer that was asked for; returns 1 if none could be."""
    parser = argparse.ArgumentParser(prog="python -m bench.peers", description=__doc__)
    parser.add_argument("--only", action="append", choices=REQUIREMENTS, help="a peer; may be given more than once")
    parser.add_argument("--quick", action="store_true", help="two runs of each check")
    options = parser.parse_args()
    print(facts(), flush=True)
    rows: list[tuple[str, ...]] = []
    failed: list[str] = []
    for name in options.only or REQUIREMENTS:
        print(f"[{name}]", file=sys.stderr, flush=True)
        try:
            found = json.loads(measured(name, install(name), quick=options.quick).splitlines()[-1])
        except PeerFailed as failure:
            failed.append(f"{name} was not measured: {failure}")
            continue
        rows += peer_rows(name, found)
    if rows:
        print(f"\n{comparison(rows).render()}")
    print("".join(f"\n{failure}\n" for failure in failed), end="")
    return 0 if rows else 1


def peer_rows(name: str, found: list[dict[str, Any]]) -> list[tuple[str, ...]]:
    """The rows of one peer: the check, its version, both times and their ratio."""
    version = REQUIREMENTS[name][0].replace("==", " ")
    return [
        (
            f"{version}: {row['name']}",
            number(row["theirs"]),
            number(row["ours"]),
            f"{number(row['theirs'] / row['ours'])} x",
        )
        for row in found
    ]


def comparison(rows: list[tuple[str, ...]]) -> Table:
    """The table of all peers."""
    return Table("Drift: the same telemetry, other libraries", _MEASURED, ("", "theirs", "ours", "ratio"), tuple(rows))


if __name__ == "__main__":
    sys.exit(main())
