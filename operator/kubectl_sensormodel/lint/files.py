"""Which files are meant by `-f`, and what stands in them."""

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import yaml

from kubectl_sensormodel.errors import PluginError
from kubectl_sensormodel.lint.problems import Fault
from kubectl_sensormodel.lint.problems import Path as FieldPath
from kubectl_sensormodel.lint.yaml_reader import Parsed, read_documents

_SUFFIXES: Final = frozenset({".yaml", ".yml", ".json"})
STANDARD_INPUT: Final = "-"


class Document(NamedTuple):
    """One object of a file."""

    file: str
    parsed: Parsed
    body: Any
    base: FieldPath = ()  # where the object stands in its document: not empty for the items of a List

    def line_of(self, path: FieldPath) -> int:
        """The line of a field of the object."""
        return self.parsed.line_of((*self.base, *path))


class Unreadable(NamedTuple):
    """A file that is no YAML."""

    file: str
    line: int
    message: str


def find_files(names: Iterable[str]) -> Iterator[tuple[str, str]]:
    """The name and text of each file; a folder stands for all YAML and JSON files in it and below.

    Raises:
        PluginError: there is no such file, or it cannot be read.
    """
    for name in names:
        if name == STANDARD_INPUT:
            yield "standard input", sys.stdin.read()
            continue
        path = Path(name)
        if path.is_dir():
            found = sorted(each for each in path.rglob("*") if each.suffix in _SUFFIXES and each.is_file())
        else:
            found = [path]
        for each in found:
            try:
                yield str(each), each.read_text(encoding="utf-8")
            except (OSError, UnicodeDecodeError) as error:
                raise PluginError(f"cannot read {each}: {getattr(error, 'strerror', None) or error}") from error


def documents_in(file: str, text: str) -> Iterator[Document | Unreadable]:
    """The objects of a file; a List stands for its items. What cannot be parsed ends the file."""
    try:
        for parsed in read_documents(text):
            body = parsed.body
            if isinstance(body, dict) and body.get("kind") == "List" and isinstance(body.get("items"), list):
                for index, item in enumerate(body["items"]):
                    yield Document(file, parsed, item, ("items", index))
            else:
                yield Document(file, parsed, body)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        words = getattr(error, "problem", None) or str(error)
        yield Unreadable(file, mark.line + 1 if mark else 1, f"this is no YAML: {words}")


def faults_of(document: Document) -> Iterator[Fault]:
    """What the reader found wrong within an object: keys that stand twice."""
    depth = len(document.base)
    for fault in document.parsed.faults:
        if fault.path[:depth] == document.base:
            yield fault._replace(path=fault.path[depth:])
