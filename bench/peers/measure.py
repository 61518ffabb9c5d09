"""Times one peer and our check on the same telemetry in one process: `python -m bench.peers.measure NAME`.

Started by `bench.peers.environments` in the peer's environment; prints JSON. Our check is timed just before and just
after each of the peer's, so that the load of the machine disturbs a ratio little.
"""

import argparse
import json
import sys
from typing import Final

from bench.peers.detectors import PEERS
from bench.peers.workload import CHANNELS, WINDOW, best, profile_of, telemetry
from model_contract.drift import check_drift

_OURS_SECONDS: Final = 0.2


def main() -> int:
    """Measure and print; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("peer", choices=PEERS)
    parser.add_argument("--quick", action="store_true", help="two runs of each")
    options = parser.parse_args()
    reference, current = telemetry()
    profile = profile_of(reference, WINDOW)
    rows = []
    for name, run in PEERS[options.peer](reference, current).items():
        run()  # what is loaded or compiled at the first call is not the check
        before = best(lambda: check_drift(profile, current), seconds=_OURS_SECONDS)
        theirs = best(run, seconds=0.0 if options.quick else 5.0)
        after = best(lambda: check_drift(profile, current), seconds=_OURS_SECONDS)
        rows.append({"name": name, "theirs": theirs / CHANNELS * 1e6, "ours": min(before, after) / CHANNELS * 1e6})
    print(json.dumps(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
