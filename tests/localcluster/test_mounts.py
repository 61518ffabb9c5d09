"""Mount paths are replaced by real paths on path boundaries only."""

from pathlib import Path

import pytest

from localcluster.node.mounts import Mounts

MOUNTS = Mounts(
    {"/telemetry": Path("/real/t"), "/telemetry/cold": Path("/real/c"), "/same": Path("/same"), "/x/": Path("/y")}
)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        pytest.param("/telemetry", "/real/t", id="the path itself"),
        pytest.param("/telemetry/P-1.parquet", "/real/t/P-1.parquet", id="a file below"),
        pytest.param("/telemetry/", "/real/t/", id="with a slash at the end"),
        pytest.param("file:///telemetry/P-1.parquet", "file:///real/t/P-1.parquet", id="a file URI"),
        pytest.param('{"uri":"file:///telemetry/a"}', '{"uri":"file:///real/t/a"}', id="a file URI in JSON"),
        pytest.param('["/telemetry","/telemetry/b"]', '["/real/t","/real/t/b"]', id="paths in a JSON list"),
        pytest.param("cp /telemetry/a /telemetry/b", "cp /real/t/a /real/t/b", id="twice in a shell line"),
        pytest.param("--data=/telemetry", "--data=/real/t", id="after an equals sign"),
        pytest.param("/bin:/telemetry:/usr", "/bin:/real/t:/usr", id="in a list of paths"),
        pytest.param("/telemetry/cold/a", "/real/c/a", id="the longest mount wins"),
        pytest.param("/x/a", "/y/a", id="a mount path written with a slash at the end"),
        pytest.param("/same/a", "/same/a", id="a volume that lies where it is mounted"),
        pytest.param("/telemetry-2/a", "/telemetry-2/a", id="not a longer name with a dash"),
        pytest.param("/telemetry2", "/telemetry2", id="not a longer name"),
        pytest.param("/telemetry.bak", "/telemetry.bak", id="not a name with a suffix"),
        pytest.param("/data/telemetry", "/data/telemetry", id="not the end of another path"),
        pytest.param("s3://bucket/telemetry/a", "s3://bucket/telemetry/a", id="not a path in a bucket"),
        pytest.param("~/telemetry", "~/telemetry", id="not below the home folder"),
        pytest.param("${ROOT}/telemetry", "${ROOT}/telemetry", id="not behind a shell variable"),
        pytest.param("telemetry", "telemetry", id="not the bare word"),
    ],
)
def test_rewrite(written: str, expected: str) -> None:
    assert MOUNTS.rewrite(written) == expected


def test_without_mounts_nothing_changes() -> None:
    assert Mounts({}).rewrite("/telemetry") == "/telemetry"
