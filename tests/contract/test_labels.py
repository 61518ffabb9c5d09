"""The identity of label files."""

import hashlib
from pathlib import Path

from model_contract.labels import labels_digest


def files(folder: Path, **contents: bytes) -> list[Path]:
    written = []
    for name, content in contents.items():
        written.append(folder / f"{name}.csv")
        written[-1].write_bytes(content)
    return written


def test_the_digest_of_one_file_is_that_of_its_bytes(tmp_path: Path) -> None:
    assert labels_digest(files(tmp_path, a=b"start,end\n")) == hashlib.sha256(b"start,end\n").hexdigest()


def test_the_digest_of_several_files_changes_with_any_of_them_and_with_their_order(tmp_path: Path) -> None:
    one, other = files(tmp_path, a=b"first", b=b"second")
    digests = {labels_digest([one, other]), labels_digest([other, one]), labels_digest([one])}
    other.write_bytes(b"changed")
    digests.add(labels_digest([one, other]))

    assert len(digests) == 4


def test_a_renamed_file_holds_the_same_labels(tmp_path: Path) -> None:
    before = labels_digest(files(tmp_path, a=b"first", b=b"second"))

    assert (
        labels_digest([path.rename(path.with_name(f"x-{path.name}")) for path in sorted(tmp_path.iterdir())]) == before
    )
