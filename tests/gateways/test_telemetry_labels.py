"""What a measurement says about the labels: their digest, or why they cannot be read."""

import hashlib
from pathlib import Path

import pytest

from model_operator.core.observed import Measurement
from model_operator.gateways.telemetry_labels import MOST_BYTES
from tests.gateways.telemetry_objects import WINDOW_ROWS, calm, measure, plan, write_parquet

LABELS = b"start,end\n2026-01-02T00:00:00Z,2026-01-02T01:00:00Z\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "root").mkdir()
    write_parquet(tmp_path / "root" / "P-1.parquet", calm(2 * WINDOW_ROWS, seed=3))
    return tmp_path / "root"


def measured(root: Path, labels: Path | None) -> Measurement:
    telemetry = {} if labels is None else {"labels": {"uri": labels.as_uri()}}
    found = measure(plan(root / "P-1.parquet", telemetry=telemetry), root)
    assert found.current is not None
    return found


def test_without_labels_there_is_no_digest(root: Path) -> None:
    found = measured(root, None)
    assert (found.labels_digest, found.message) == (None, "")


def test_labels_that_have_not_come_have_no_digest(root: Path) -> None:
    found = measured(root, root / "labels.csv")
    assert (found.labels_digest, found.message) == (None, "")


def test_the_digest_of_a_file_is_that_of_its_bytes(root: Path) -> None:
    (root / "labels.csv").write_bytes(LABELS)
    assert measured(root, root / "labels.csv").labels_digest == hashlib.sha256(LABELS).hexdigest()


def test_one_more_label_changes_the_digest(root: Path) -> None:
    (root / "labels.csv").write_bytes(LABELS)
    before = measured(root, root / "labels.csv").labels_digest
    (root / "labels.csv").write_bytes(LABELS + b"2026-01-03T00:00:00Z,2026-01-03T01:00:00Z\n")
    assert measured(root, root / "labels.csv").labels_digest != before


def test_a_folder_of_labels_has_one_digest(root: Path) -> None:
    (root / "labels").mkdir()
    (root / "labels" / "a.csv").write_bytes(LABELS)
    one = measured(root, root / "labels").labels_digest
    (root / "labels" / "b.csv").write_bytes(LABELS)
    assert measured(root, root / "labels").labels_digest not in {one, None}


def test_labels_outside_the_roots_are_not_read(root: Path) -> None:
    (root.parent / "labels.csv").write_bytes(LABELS)
    found = measured(root, root.parent / "labels.csv")
    assert found.labels_digest is None
    assert found.message.startswith(f"labels {(root.parent / 'labels.csv').as_uri()}: labels.csv lies outside")


def test_labels_behind_a_link_out_of_the_roots_are_not_read(root: Path) -> None:
    (root.parent / "secret.csv").write_bytes(LABELS)
    (root / "labels.csv").symlink_to(root.parent / "secret.csv")
    assert measured(root, root / "labels.csv").labels_digest is None


def test_labels_that_are_larger_than_any_are_not_read(root: Path) -> None:
    with (root / "labels.csv").open("wb") as file:
        file.truncate(MOST_BYTES + 1)
    found = measured(root, root / "labels.csv")
    assert found.labels_digest is None
    assert found.message.endswith(f"{MOST_BYTES + 1} bytes, at most {MOST_BYTES} are read")


def test_labels_are_found_when_drift_has_no_verdict(root: Path) -> None:
    (root / "labels.csv").write_bytes(LABELS)
    write_parquet(root / "P-1.parquet", calm(20, seed=3))
    wanted = plan(root / "P-1.parquet", telemetry={"labels": {"uri": (root / "labels.csv").as_uri()}})
    found = measure(wanted, root)
    assert (found.current, found.labels_digest) == (None, hashlib.sha256(LABELS).hexdigest())
