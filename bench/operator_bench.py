"""Measure the operator, alone or beside a controller-runtime operator, in interleaved runs: tables and bars.

Called by `bench.__main__`. A run is one life of one operator on a fresh control plane; rounds alternate who goes first,
so that whatever else the machine does falls on both.
"""

import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Final

from bench.operator_run import Plan, Run, measure_operator
from bench.operator_tables import cold_table, compared_table, operator_bars, rest_table, steady_table
from bench.operators import OURS, PEER, Operator, ours, peer
from bench.peer_program import ensure_peer_built
from bench.table import Bar, Table
from localcluster.mlflow_server import MlflowServer

QUICK: Final = (Plan(objects=500, rest_seconds=10.0, steady_objects=100),)
FULL: Final = (
    Plan(objects=500, rest_seconds=30.0, steady_objects=300),
    Plan(objects=3_000, rest_seconds=30.0, steady_objects=300),
)


def measure_operators(
    *, plans: Sequence[Plan], rounds: int, with_peer: bool, say: Callable[[str], None]
) -> tuple[list[Table], list[Bar], list[Run]]:
    """Tables, bars and raw runs.

    Args:
        plans: one per number of objects.
        rounds: how often each is run.
        with_peer: run the controller-runtime operator as well.
        say: receives one line of progress at a time.
    """
    program = ensure_peer_built(say) if with_peer else None
    with tempfile.TemporaryDirectory() as folder, MlflowServer(Path(folder)) as mlflow:
        makers: dict[str, Callable[[Path], Operator]] = {OURS: partial(ours, mlflow=mlflow.url)}
        if program:
            makers[PEER] = partial(peer, program=program)
        runs = []
        for number in range(1, rounds + 1):
            for plan in plans:
                for name in list(makers)[:: 1 if number % 2 else -1]:
                    say(f"round {number} of {rounds}: {name}, {plan.objects} SensorModels")
                    runs.append(measure_operator(plan, makers[name], mlflow.log))
    tables = [cold_table(runs), rest_table(runs), steady_table(runs)]
    if with_peer:
        tables.append(compared_table(runs))
    return tables, operator_bars(runs), runs
