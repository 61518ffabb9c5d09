"""Where telemetry lies for the person who plans: the operator's pod sees files below other folders.

Objects are read from their store with the credentials in this process's environment, unless a copy lies here.
"""

from collections.abc import Sequence
from pathlib import Path

from kubectl_sensormodel.errors import ExitCode, PluginError
from kubectl_sensormodel.plan.recording import Recording
from model_contract.task import TelemetrySource
from model_contract.telemetry.address import is_object
from model_operator.api.sensormodel import TelemetrySpec

_Columns = tuple[str, str, str, tuple[str, ...] | None]


def find_telemetry(uri: str, roots: Sequence[Path]) -> str:
    """The URI to read: of a copy below a root by as much of its path as is there, else as it is.

    Raises:
        PluginError: it names files, and they are nowhere.
    """
    path = Path(f"/{uri.partition('://')[2]}")
    parts = path.parts[1:]
    copies = (root.joinpath(*parts[skip:]) for skip in range(len(parts)) for root in roots)
    found = next((copy for copy in copies if copy.exists()), None)
    if found is not None:
        return found.absolute().as_uri()
    if is_object(uri):
        return uri
    if path.exists():
        return path.as_uri()
    below = f" or below {', '.join(map(str, roots))}" if roots else ""
    remedy = "Copy the telemetry to this machine and name its folder with --telemetry-root."
    raise PluginError(f"{uri} is not on this machine{below}", remedy, code=ExitCode.NOT_FINE)


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
                uri=find_telemetry(telemetry.uri, self._roots),
                timestamp_column=telemetry.timestamp_column,
                value_column=telemetry.value_column,
                feature_columns=telemetry.feature_columns,
            )
            self._read[columns] = Recording.read(source)
        return self._read[columns]
