"""Read all counters at once, so that what happened in between is a difference: requests, CPU, MLflow calls.

Used by `bench.operator_run`.
"""

import asyncio
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.api_requests import Request, Traffic, parse_requests, traffic
from bench.load import Api
from bench.processes import ProcessTree

QUIET: Final = 7.0  # seconds; the operator gathers changes of a policy's status for 5
_LOOK_EVERY: Final = 0.5
_BUSY: Final = 0.05  # of a core


@dataclass(frozen=True)
class Reading:
    """All counters at one moment."""

    time: float
    requests: Counter[Request]
    own_reads: int  # among them: those of this program
    operator_cpu: float  # seconds
    api_server_cpu: float
    mlflow_calls: int


@dataclass(frozen=True)
class Span:
    """What happened between two readings."""

    seconds: float
    traffic: Traffic
    operator_cpu: float  # seconds
    api_server_cpu: float
    mlflow_calls: int


def between(begin: Reading, end: Reading) -> Span:
    """The difference of two readings."""
    asked = traffic(end.requests - begin.requests)
    return Span(
        seconds=end.time - begin.time,
        traffic=asked._replace(reads=asked.reads - (end.own_reads - begin.own_reads)),
        operator_cpu=end.operator_cpu - begin.operator_cpu,
        api_server_cpu=end.api_server_cpu - begin.api_server_cpu,
        mlflow_calls=end.mlflow_calls - begin.mlflow_calls,
    )


class Meter:
    """Reads the counters of one operator and of the servers beside it.

    Args:
        api: of the API server.
        api_server: its process.
        mlflow_log: access log of the MLflow server.
    """

    def __init__(self, api: Api, api_server: ProcessTree, mlflow_log: Path) -> None:
        self._api = api
        self._api_server = api_server
        self._mlflow_log = mlflow_log

    async def read(self, operator: ProcessTree | None) -> Reading:
        """All counters now; an operator that does not run yet has used nothing."""
        requests = parse_requests(await self._api.metrics())
        return Reading(
            time=time.perf_counter(),
            requests=requests,
            own_reads=self._api.reads,
            operator_cpu=operator.cpu_seconds() if operator else 0.0,
            api_server_cpu=self._api_server.cpu_seconds(),
            mlflow_calls=_count_calls(self._mlflow_log),
        )

    async def read_when_quiet(self, operator: ProcessTree, *, patience: float) -> Reading:
        """The reading after which the operator asked nothing and used hardly any CPU for `QUIET` seconds.

        The API server is asked twice, not all the time: rendering its metrics costs it as much as ten writes.

        Raises:
            TimeoutError: it is still busy after `patience` seconds.
        """
        give_up = time.monotonic() + patience
        quiet: Reading | None = None
        used = operator.cpu_seconds()
        while True:
            await asyncio.sleep(_LOOK_EVERY)
            before, used = used, operator.cpu_seconds()
            if used - before > _BUSY * _LOOK_EVERY:
                quiet = None
            elif quiet is None:
                quiet = await self.read(operator)
            elif time.perf_counter() - quiet.time >= QUIET:
                now = await self.read(operator)
                span = between(quiet, now)
                if not span.traffic.all and not span.mlflow_calls:
                    return quiet
                quiet = now
            if time.monotonic() > give_up:
                raise TimeoutError(f"the operator is still busy after {patience:.0f} s")


def _count_calls(log: Path) -> int:
    """Requests in the access log of an MLflow server, without those of people who look whether it lives."""
    with log.open(encoding="utf-8", errors="replace") as lines:
        return sum(' HTTP/1.1" ' in line and '"GET /health ' not in line for line in lines)
