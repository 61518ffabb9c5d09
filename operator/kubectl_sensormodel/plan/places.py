"""Where telemetry lies on this machine: the operator's pod sees it below other folders than the person who plans."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from kubectl_sensormodel.errors import ExitCode, PluginError
from kubectl_sensormodel.plan.recording import Recording
from model_contract.task import TelemetrySource
from model_operator.api.sensormodel import TelemetrySpec

_SCHEME: Final = "file://"
_Columns = tuple[str, str, str, tuple[str, ...] | None]


def find_telemetry(uri: str, roots: Sequence[Path]) -> Path:
    """The file or folder behind a URI: below a root by as much of its path as is there, else where the URI says.

    Raises:
        PluginError: it is nowhere.
    """
    path = Path(uri.removeprefix(_SCHEME))
    parts = path.parts[1:]
    candidates = [root.joinpath(*parts[skip:]) for skip in range(len(parts)) for root in roots]
    found = next((candidate for candidate in (*candidates, path) if candidate.exists()), None)
    if found is None:
        below = f" or below {', '.join(map(str, roots))}" if roots else ""
        remedy = "Copy the telemetry to this machine and name its folder with --telemetry-root."
        raise PluginError(f"{uri} is not on this machine{below}", remedy, code=ExitCode.NOT_FINE)
    return found.absolute()


class Recordings:
    """The telemetry of sensors, each read once.

    Args:
        roots: folders below which the telemetry lies on this machine.
    """

    def __init__(self, roots: Sequence[Path]) -> None:
        self._roots = roots
        self._read: dict[_Columns, Recording] = {}

    def of(self, telemetry: TelemetrySpec | TelemetrySource) -> Recording:
        """All of it.

        Raises:
            PluginError: it is not there, or cannot be read.
        """
        columns = (telemetry.uri, telemetry.timestamp_column, telemetry.value_column, telemetry.feature_columns)
        if columns not in self._read:
            source = TelemetrySource(
                uri=find_telemetry(telemetry.uri, self._roots).as_uri(),
                timestamp_column=telemetry.timestamp_column,
                value_column=telemetry.value_column,
                feature_columns=telemetry.feature_columns,
            )
            self._read[columns] = Recording.read(source)
        return self._read[columns]
