"""`kubectl sensormodel status`: how models are, once or until nothing is going on any more.

On a terminal `--watch` redraws the table; elsewhere it writes one line whenever a model's state or message changes.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

from rich.console import Console, Group
from rich.live import Live
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from kubectl_sensormodel.errors import ExitCode
from kubectl_sensormodel.screen import table
from kubectl_sensormodel.state import State, StateLine
from sensormodel.waiting import Clock

POLL_SECONDS: Final = 2.0
_COLUMNS: Final = ("stage", "version", "drift", "kpi", "next")  # of the summary; the last go where the screen is narrow
_UNBOUNDED: Final = 10_000
_COLOURS: Final = {State.READY: "green", State.STALLED: "red", State.NOT_READY: "red", State.TRAINING: "cyan"}


def draw(lines: Sequence[StateLine], screen: Console) -> Group:
    """The table of all models, what those say that are not ready, and how many are in which state."""
    if not lines:
        return Group(Text("There is no SensorModel here."))
    fitting = _widest_table(lines, screen)
    if len(lines) == 1:
        return Group(fitting, Text(lines[0].message))
    telling = [line for line in lines if line.state is not State.READY]
    said = [
        Text.assemble((f"{each.namespace}/{each.name} {each.state}", "bold"), f": {each.message}") for each in telling
    ]
    return Group(fitting, *said, Text(_count(lines)))


def exit_code(lines: Sequence[StateLine]) -> ExitCode:
    """Fine if all models are."""
    return ExitCode.FINE if all(line.fine for line in lines) else ExitCode.NOT_FINE


def follow(
    read: Callable[[], Sequence[StateLine]], screen: Console, clock: Clock, timeout: timedelta | None
) -> tuple[Sequence[StateLine], ExitCode]:
    """Show the models until all are settled.

    Args:
        read: asks the cluster.
        screen: where it is shown.
        clock: time.
        timeout: after which it ends whatever goes on; None: never.
    """
    deadline = clock.now() + timeout if timeout is not None else None
    lines = read()
    shown = _Redraw(screen) if screen.is_terminal else _TellChanges(screen)
    with shown as display:
        display(lines, clock.now())
        while not all(line.state.is_settled for line in lines):
            if deadline is not None and clock.now() >= deadline:
                return lines, ExitCode.TIMEOUT
            clock.sleep(POLL_SECONDS)
            lines = read()
            display(lines, clock.now())
    return lines, exit_code(lines)


class _Redraw:
    """The whole table again and again, in place."""

    def __init__(self, screen: Console) -> None:
        self._screen = screen
        self._live = Live(console=screen, auto_refresh=False)

    def __enter__(self) -> Callable[[Sequence[StateLine], datetime], None]:
        self._live.start()
        return self._show

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def _show(self, lines: Sequence[StateLine], _now: datetime) -> None:
        self._live.update(draw(lines, self._screen), refresh=True)


class _TellChanges:
    """A line for each change."""

    def __init__(self, screen: Console) -> None:
        self._screen = screen
        self._known: dict[tuple[str, str], tuple[State, str]] = {}

    def __enter__(self) -> Callable[[Sequence[StateLine], datetime], None]:
        return self._show

    def __exit__(self, *_: object) -> None:
        """Nothing to clean up."""

    def _show(self, lines: Sequence[StateLine], now: datetime) -> None:
        for line in lines:
            key, said = (line.namespace, line.name), (line.state, line.message)
            if self._known.get(key) != said:
                self._screen.print(f"{now:%H:%M:%S}Z {line.namespace}/{line.name} {line.state}: {line.message}")
                self._known[key] = said


def _widest_table(lines: Sequence[StateLine], screen: Console) -> Table:
    """The table with as many columns as fit, names and reasons always."""
    drawn = _table(lines, _COLUMNS)
    for kept in range(len(_COLUMNS) - 1, -1, -1):
        if Measurement.get(screen, screen.options.update(max_width=_UNBOUNDED), drawn).maximum <= screen.width:
            break
        drawn = _table(lines, _COLUMNS[:kept])
    return drawn


def _table(lines: Sequence[StateLine], columns: Sequence[str]) -> Table:
    places = ("namespace",) if len({line.namespace for line in lines}) > 1 else ()
    drawn = table(*places, "name", "state", "reason", *columns, wraps="name")
    for line in lines:
        drawn.add_row(
            *((line.namespace,) if places else ()),
            line.name,
            Text(line.state, style=_COLOURS.get(line.state, "yellow")),
            line.summary.reason or "-",
            *(getattr(line.summary, column) or "-" for column in columns),
        )
    return drawn


def _count(lines: Sequence[StateLine]) -> str:
    counted = Counter(line.state for line in lines)
    states = ", ".join(f"{number} {state}" for state, number in counted.most_common())
    return f"{len(lines)} models: {states}"
