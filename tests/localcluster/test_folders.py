"""What is in the cache was made once, and completely."""

import threading
from pathlib import Path

import pytest

from localcluster.folders import make_once


def test_a_thing_is_made_once_however_many_want_it(tmp_path: Path) -> None:
    calls: list[Path] = []
    both_are_there = threading.Barrier(2)

    def make(path: Path) -> None:
        calls.append(path)
        path.write_text("made", encoding="utf-8")

    def want() -> None:
        both_are_there.wait()
        make_once(tmp_path / "cache" / "thing", make)

    threads = [threading.Thread(target=want) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(calls) == 1
    assert (tmp_path / "cache" / "thing").read_text(encoding="utf-8") == "made"


def test_what_failed_half_way_leaves_nothing_and_is_made_by_the_next_one(tmp_path: Path) -> None:
    def fail(path: Path) -> None:
        path.write_text("half", encoding="utf-8")
        raise OSError("no space left on device")

    with pytest.raises(OSError, match="no space"):
        make_once(tmp_path / "thing", fail)
    assert [path.name for path in tmp_path.iterdir()] == ["thing.lock"]
    make_once(tmp_path / "thing", lambda path: path.mkdir())
    assert (tmp_path / "thing").is_dir()
