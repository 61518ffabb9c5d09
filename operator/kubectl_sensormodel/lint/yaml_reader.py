"""YAML and JSON with the line of every field, read as kubectl reads it.

PyYAML reads YAML 1.1; kubectl's reader knows neither its time stamps nor its base-60 numbers (`12:30` is a string).
A key that stands twice is an error, as under `kubectl apply --validate=strict`.
"""

import re
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import yaml

from kubectl_sensormodel.lint.problems import Fault, Path

_MOST_NODES: Final = 1_000_000  # aliases can make a small file endless
_TIMESTAMP: Final = "tag:yaml.org,2002:timestamp"
_INTEGER: Final = "tag:yaml.org,2002:int"
_FLOAT: Final = "tag:yaml.org,2002:float"


class Parsed(NamedTuple):
    """One document."""

    body: Any
    lines: dict[Path, int]
    faults: tuple[Fault, ...]

    def line_of(self, path: Path) -> int:
        """The line of a field, or of the nearest parent that is there."""
        while path not in self.lines and path:
            path = path[:-1]
        return self.lines.get(path, 1)


class _Loader(yaml.SafeLoader):
    """SafeLoader with kubectl's idea of plain scalars."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag not in {_TIMESTAMP, _INTEGER, _FLOAT}]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(
    _INTEGER, re.compile(r"^[-+]?(0b[01_]+|0x[0-9a-fA-F_]+|0[0-7_]*|[1-9][0-9_]*)$"), list("-+0123456789")
)
_Loader.add_implicit_resolver(
    _FLOAT,
    re.compile(r"^[-+]?([0-9][0-9_]*)?(\.[0-9_]*)?([eE][-+]?[0-9]+)?$|^[-+]?\.(inf|Inf|INF)$|^\.(nan|NaN|NAN)$"),
    list("-+0123456789."),
)


def read_documents(text: str) -> Iterator[Parsed]:
    """Every document of a text that holds something.

    Raises:
        yaml.YAMLError: the text is no YAML; what came before was handed out already.
    """
    loader = _Loader(text)
    try:
        while loader.check_node():
            node = loader.get_node()
            reading = _Reading(loader)
            body = reading.value_of(node, ()) if node is not None else None
            if body is not None:
                yield Parsed(body, reading.lines, tuple(reading.faults))
    finally:
        loader.dispose()


class _Reading:
    """The construction of one document."""

    def __init__(self, loader: _Loader) -> None:
        self._loader = loader
        self._nodes = 0
        self._open: set[int] = set()  # the nodes that are being read, to meet an alias of one of them
        self.lines: dict[Path, int] = {}
        self.faults: list[Fault] = []

    def value_of(self, node: yaml.Node, path: Path) -> Any:
        """The value of a node; notes its line and those of all below."""
        self._nodes += 1
        if self._nodes > _MOST_NODES:
            raise yaml.YAMLError(f"more than {_MOST_NODES} values: aliases of aliases")
        self.lines.setdefault(path, node.start_mark.line + 1)
        if isinstance(node, yaml.ScalarNode):
            return self._loader.construct_object(node)
        if id(node) in self._open:
            raise yaml.YAMLError("an alias refers to what it is part of")
        self._open.add(id(node))
        value: Any
        if isinstance(node, yaml.MappingNode):
            self._loader.flatten_mapping(node)
            value = self._mapping(node, path)
        else:
            value = [self.value_of(item, (*path, index)) for index, item in enumerate(node.value)]
        self._open.remove(id(node))
        return value

    def _mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = str(key_node.value)
            if key in result:
                self.faults.append(Fault((*path, key), "the key stands twice"))
            self.lines[(*path, key)] = key_node.start_mark.line + 1
            result[key] = self.value_of(value_node, (*path, key))
        return result
