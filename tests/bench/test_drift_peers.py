import sys
from pathlib import Path

import pytest

from bench.peers.__main__ import comparison, peer_rows
from bench.peers.detectors import PEERS
from bench.peers.environments import REQUIREMENTS, PeerFailed, measured
from bench.peers.workload import best, profile_of, telemetry


def test_every_peer_has_an_environment() -> None:
    assert set(PEERS) == set(REQUIREMENTS)


def test_every_package_is_pinned() -> None:
    assert [package for packages in REQUIREMENTS.values() for package in packages if "==" not in package] == []


def test_a_row_says_the_version_and_the_ratio() -> None:
    rows = peer_rows("scipy", [{"name": "ks_2samp", "theirs": 800.0, "ours": 80.0}])
    assert rows == [("scipy 1.17.1: ks_2samp", "800", "80", "10 x")]
    assert "scipy 1.17.1: ks_2samp     800    80   10 x" in comparison(rows).render()


def test_the_check_judges_the_telemetry_of_the_peers() -> None:
    reference, current = telemetry(rows=1_200, window=300, channels=2)
    assert profile_of(reference, 300).window_rows == len(current)


def test_at_least_two_runs_are_timed() -> None:
    runs: list[None] = []
    assert best(lambda: runs.append(None), seconds=0.0) >= 0.0
    assert len(runs) == 2


def test_a_peer_that_is_not_there_is_named_with_its_error() -> None:
    with pytest.raises(PeerFailed, match="No module named 'frouros'"):
        measured("frouros", Path(sys.executable), quick=True)
