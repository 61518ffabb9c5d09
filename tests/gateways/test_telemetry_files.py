"""Which files may be read, and which may not."""

import os
from pathlib import Path

import pytest

from model_operator.api.vocabulary import Reason
from model_operator.gateways.telemetry_files import Files, TelemetryProblem, telemetry_files


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A telemetry root beside a folder that is none."""
    (tmp_path / "root").mkdir()
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "s.parquet").touch()
    return tmp_path / "root"


def problem(uri: str, *roots: Path) -> TelemetryProblem:
    with pytest.raises(TelemetryProblem) as found:
        telemetry_files(uri, tuple(str(root) for root in roots))
    return found.value


def test_a_file_below_a_root_is_read(root: Path) -> None:
    (root / "plant").mkdir()
    file = root / "plant" / "P-1.parquet"
    file.touch()
    file.write_bytes(b"1234")
    assert telemetry_files(file.as_uri(), (str(root),)) == Files("parquet", (str(file),), 4)


def test_a_folder_is_read_in_the_order_of_names_without_hidden_files(root: Path) -> None:
    for name in ("2026-02.csv", "2026-01.csv", "notes.txt", ".half-written.csv", "_temporary.csv"):
        (root / name).touch()
    found = telemetry_files(root.as_uri(), (str(root),))
    assert (found.kind, [Path(file).name for file in found.paths]) == ("csv", ["2026-01.csv", "2026-02.csv"])


def test_a_link_that_stays_below_a_root_is_followed(root: Path) -> None:
    (root / "P-1.parquet").touch()
    (root / "newest.parquet").symlink_to(root / "P-1.parquet")
    assert telemetry_files((root / "newest.parquet").as_uri(), (str(root),)).paths == (str(root / "P-1.parquet"),)


@pytest.mark.parametrize(
    "uri",
    [
        pytest.param("s3://bucket/P-1.parquet", id="another scheme"),
        pytest.param("file://host/P-1.parquet", id="another host"),
        pytest.param("/P-1.parquet", id="no scheme"),
        pytest.param("file://{root}/../secret/s.parquet", id="the folder above"),
        pytest.param("file://{root}/./P-1.parquet", id="the folder itself"),
        pytest.param("file://{root}/%2e%2e/secret/s.parquet", id="an escape"),
        pytest.param("file://{root}/..\\secret\\s.parquet", id="a backslash"),
        pytest.param("file://{root}/P-1.parquet?x=1", id="a query"),
        pytest.param("file://{root}/P-1.parquet\x00.txt", id="a control character"),
        pytest.param("file://{root}/../root-2/s.parquet", id="a folder whose name begins like a root"),
        pytest.param("file:///etc/passwd", id="any other file"),
    ],
)
def test_nothing_else_is_allowed(root: Path, uri: str) -> None:
    assert problem(uri.format(root=root), root).reason is Reason.TELEMETRY_NOT_ALLOWED


def test_a_link_out_of_the_root_is_not_allowed(root: Path) -> None:
    (root / "s.parquet").symlink_to(root.parent / "secret" / "s.parquet")
    assert problem((root / "s.parquet").as_uri(), root).reason is Reason.TELEMETRY_NOT_ALLOWED


def test_a_link_in_a_folder_out_of_the_root_is_not_allowed(root: Path) -> None:
    (root / "s.parquet").symlink_to(root.parent / "secret" / "s.parquet")
    assert problem(root.as_uri(), root).reason is Reason.TELEMETRY_NOT_ALLOWED


def test_a_folder_that_is_a_link_out_of_the_root_is_not_allowed(root: Path) -> None:
    (root / "plant").symlink_to(root.parent / "secret")
    assert problem((root / "plant" / "s.parquet").as_uri(), root).reason is Reason.TELEMETRY_NOT_ALLOWED


def test_whether_a_file_outside_exists_is_not_told(root: Path) -> None:
    there = problem((root.parent / "secret" / "s.parquet").as_uri(), root)
    absent = problem((root.parent / "secret" / "absent.parquet").as_uri(), root)
    assert there.reason is absent.reason is Reason.TELEMETRY_NOT_ALLOWED


def test_without_a_root_nothing_may_be_read(root: Path) -> None:
    assert "no telemetry root is configured" in str(problem(root.as_uri()))


def test_a_file_that_is_not_there_is_unavailable(root: Path) -> None:
    assert problem((root / "P-1.parquet").as_uri(), root).reason is Reason.TELEMETRY_UNAVAILABLE


def test_an_empty_folder_is_unavailable(root: Path) -> None:
    assert problem(root.as_uri(), root).reason is Reason.TELEMETRY_UNAVAILABLE


@pytest.mark.parametrize(
    ("names", "message"),
    [
        pytest.param(["P-1.xlsx"], "must end in .parquet or .csv", id="another format"),
        pytest.param(["a.csv", "b.parquet"], "both Parquet and CSV", id="two formats"),
    ],
)
def test_other_formats_are_unreadable(root: Path, names: list[str], message: str) -> None:
    for name in names:
        (root / name).touch()
    path = root if len(names) > 1 else root / names[0]
    found = problem(path.as_uri(), root)
    assert found.reason is Reason.TELEMETRY_UNREADABLE
    assert message in str(found)


def test_a_pipe_is_not_opened(root: Path) -> None:
    os.mkfifo(root / "P-1.parquet")
    found = problem((root / "P-1.parquet").as_uri(), root)
    assert (found.reason, "no regular file" in str(found)) == (Reason.TELEMETRY_UNREADABLE, True)


def test_a_name_that_is_too_long_is_unreadable(root: Path) -> None:
    found = problem(f"{root.as_uri()}/{'x' * 300}.parquet", root)
    assert found.reason is Reason.TELEMETRY_UNREADABLE
