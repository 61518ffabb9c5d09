"""The plugin's program, run in this process."""

import json
from pathlib import Path
from typing import Any, NamedTuple, Self

import pytest

from kubectl_sensormodel.__main__ import main


class Answer(NamedTuple):
    """What a run printed, and how it ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The standard output as JSON."""
        return json.loads(self.out)


class Program:
    """`kubectl-sensormodel`, with the options that name a cluster."""

    def __init__(self, capsys: pytest.CaptureFixture[str], options: tuple[str, ...] = ()) -> None:
        self._capsys = capsys
        self._options = options

    def at(self, kubeconfig: Path, namespace: str) -> Self:
        """The same program, asking a cluster."""
        return type(self)(self._capsys, ("--kubeconfig", str(kubeconfig), "--namespace", namespace))

    def __call__(self, *arguments: str) -> Answer:
        """Run one verb."""
        self._capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main([*arguments, *self._options])
        printed = self._capsys.readouterr()
        return Answer(int(ended.value.code or 0), printed.out, printed.err)
