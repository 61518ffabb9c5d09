"""Files are read as kubectl reads them, and every fault has its line."""

import json
from itertools import pairwise
from pathlib import Path

import pytest
import yaml

from kubectl_sensormodel.lint.yaml_reader import read_documents
from localcluster import Cluster

SCALARS = """
apiVersion: v1
kind: ConfigMap
metadata: {name: scalars}
data:
  time: 12:30
  seconds: 1:02:03
  date: 2026-11-24
  moment: 2026-11-24T12:00:00Z
  affirmed: yes
  switched: off
  truth: True
  nothing: ~
  empty:
  octal: 0777
  hexadecimal: 0x1F
  underscore: 1_000
  fraction: 1.50
  exponent: 1e3
  negative: -5
  plus: +5
  dot: .5
  version: 1.2.3
  words: 24h
  folded: >
    one
    two
  merged: {<<: {a: 1}, b: 2}
"""


def test_plain_scalars_mean_what_they_mean_to_kubectl(cluster: Cluster, tmp_path: Path) -> None:
    (tmp_path / "scalars.yaml").write_text(SCALARS, encoding="utf-8")
    read = cluster.kubectl("create", "--dry-run=client", "--validate=false", "-o", "json", "-f", str(tmp_path))
    (parsed,) = read_documents(SCALARS)
    assert json.loads(read)["data"] == parsed.body["data"]


def test_every_document_and_field_has_its_line() -> None:
    first, second = read_documents("a: 1\n---\nb:\n  - x: 2\n  - {y: 3,\n     z: 4}\n")
    assert first.line_of(("a",)) == 1
    assert [second.line_of(path) for path in (("b",), ("b", 0, "x"), ("b", 1, "z"), ("b", 1, "missing"))] == [
        3,
        4,
        6,
        5,
    ]


def test_a_key_that_stands_twice_is_told() -> None:
    (parsed,) = read_documents("spec:\n  a: 1\n  a: 2\n")
    assert [(fault.path, fault.message) for fault in parsed.faults] == [(("spec", "a"), "the key stands twice")]


def test_json_is_read_too() -> None:
    (parsed,) = read_documents('{"spec": {"a": [1, true, null]}}')
    assert parsed.body == {"spec": {"a": [1, True, None]}}


def test_empty_documents_are_none() -> None:
    assert not list(read_documents("---\n# only a comment\n---\n"))


def test_an_alias_of_itself_is_refused() -> None:
    with pytest.raises(yaml.YAMLError, match="refers to what it is part of"):
        list(read_documents("a: &x [*x]"))


def test_aliases_of_aliases_of_aliases_are_refused() -> None:
    letters = "abcdefgh"
    laughs = [f"{this}: &{this} [{', '.join([f'*{before}'] * 9)}]" for before, this in pairwise(letters)]
    with pytest.raises(yaml.YAMLError, match="more than 1000000 values"):
        list(read_documents("\n".join(["a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1]", *laughs])))
