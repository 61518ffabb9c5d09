"""History as a person reads it: what changed, by whom, with the numbers."""

from collections.abc import Callable
from io import StringIO

from rich.console import Console

from kubectl_sensormodel import history
from tests.builders import T0
from tests.plugin.situations import SITUATIONS, model_in


def test_history_of_a_model_that_awaits_approval(golden: Callable[[str], None]) -> None:
    seen, out = model_in(SITUATIONS["approval is awaited"]), StringIO()
    history.draw(seen, history.entries_of(seen), T0, Console(file=out, width=110, highlight=False, markup=False))
    golden(out.getvalue())
