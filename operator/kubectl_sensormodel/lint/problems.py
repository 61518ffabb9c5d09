"""What is wrong with a document, and where."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Any, NamedTuple

from pydantic import Field

from model_operator.api.base import KubeModel

Path = tuple[str | int, ...]


class Level(StrEnum):
    """How bad it is."""

    ERROR = "error"  # the API server refuses it, or the operator cannot work with it
    WARNING = "warning"  # it may be meant


class Fault(NamedTuple):
    """What is wrong at a path of a document."""

    path: Path
    message: str
    level: Level = Level.ERROR


class Problem(KubeModel):
    """A fault with its place in a file."""

    file: str
    line: int
    kind: str = ""
    name: str = ""
    field: Annotated[str, Field(description="path of the field, for example spec.training.env[0].name")] = ""
    level: Level
    message: str

    def __str__(self) -> str:
        about = f"{self.kind} {self.name}: " if self.kind else ""
        field = f"{self.field}: " if self.field else ""
        return f"{self.file}:{self.line}: {self.level}: {about}{field}{self.message}"


def written(path: Sequence[str | int]) -> str:
    """A path as the API server writes it."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".")


def shown(value: Any) -> str:
    """A value as it stands in a message."""
    text = f'"{value}"' if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else str(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


_LONGEST = 60
