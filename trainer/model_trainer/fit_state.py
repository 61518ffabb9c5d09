"""All that a fit must know to go on after an epoch as if it had never stopped; and that as bytes.

Arrays only, no pickle: a checkpoint comes from an artifact store and is not trusted to run code. The format is that of
`numpy.savez`, whose checksums tell a file that was cut.
"""

import io
import json
import zipfile
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError

from model_trainer.figures.fit import Epoch

Arrays = tuple[np.ndarray, ...]
_HEADER: Final = "header"


class Origin(BaseModel):
    """What a checkpoint was made from: only the same may go on from it. Each is a sha256."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    task: str
    data: str
    code: str

    def differences(self, other: "Origin") -> list[str]:
        """What is not the same: task, data, code."""
        return [name for name in type(self).model_fields if getattr(self, name) != getattr(other, name)]


@dataclass(frozen=True)
class FitState:
    """A fit after an epoch.

    Attributes:
        epochs: losses of those that are done.
        stopped: no further one will be fitted.
        best: lowest validation loss that counted as progress.
        waited: epochs without progress since.
        network: weights, and the states of random generators.
        optimizer: its step count and moments.
        averaged: the weights after each of the newest epochs, oldest first.
        seconds: of work so far, by all pods.
    """

    epochs: tuple[Epoch, ...]
    stopped: bool
    best: float
    waited: int
    network: Arrays
    optimizer: Arrays
    averaged: tuple[Arrays, ...]
    seconds: float = 0.0

    @property
    def epoch(self) -> int:
        """How many epochs are done."""
        return len(self.epochs)


class _Header(BaseModel):
    """What is no array."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    origin: Origin
    epochs: list[tuple[int, float, float]]
    stopped: bool
    best: float
    waited: int
    network: int
    optimizer: int
    averaged: list[int]
    seconds: float


def to_bytes(state: FitState, origin: Origin) -> bytes:
    """The state as a file."""
    header = _Header(
        origin=origin,
        epochs=[(epoch.number, epoch.train_loss, epoch.validation_loss) for epoch in state.epochs],
        stopped=state.stopped,
        best=state.best,
        waited=state.waited,
        network=len(state.network),
        optimizer=len(state.optimizer),
        averaged=[len(weights) for weights in state.averaged],
        seconds=state.seconds,
    )
    arrays = [*state.network, *state.optimizer, *(array for weights in state.averaged for array in weights)]
    file = io.BytesIO()
    named: dict[str, Any] = {f"{number:06}": array for number, array in enumerate(arrays)}
    named[_HEADER] = np.frombuffer(header.model_dump_json().encode(), np.uint8)
    np.savez(file, **named)
    return file.getvalue()


def from_bytes(content: bytes) -> tuple[FitState, Origin]:
    """The state in a file.

    Raises:
        ValueError: the file is cut, or not one of this version of the trainer.
    """
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as file:
            header = _Header.model_validate(json.loads(file[_HEADER].tobytes()))
            arrays = iter([file[name] for name in sorted(set(file.files) - {_HEADER})])
    except (zipfile.BadZipFile, EOFError, KeyError, OSError, ValidationError) as error:
        raise ValueError(f"the checkpoint cannot be read: {error}") from error

    def take(count: int) -> Arrays:
        return tuple(next(arrays) for _ in range(count))

    state = FitState(
        epochs=tuple(Epoch(*epoch) for epoch in header.epochs),
        stopped=header.stopped,
        best=header.best,
        waited=header.waited,
        network=take(header.network),
        optimizer=take(header.optimizer),
        averaged=tuple(take(count) for count in header.averaged),
        seconds=header.seconds,
    )
    return state, header.origin
