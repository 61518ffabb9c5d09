"""What the operator counts about itself, in a registry of its own.

Metrics:
    sensormodel_decisions_total{action,reason}        decisions that changed a status
    sensormodel_events_total{reason}                  events about SensorModels and RetrainingPolicies
    sensormodel_reconcile_duration_seconds{kind}      passes, from taking the key to the last write
    sensormodel_reconcile_failures_total{kind,error}  passes that ended in a retry
    sensormodel_gateway_calls_total{call,outcome}     calls to the API server, MLflow and telemetry workers
    sensormodel_gateway_call_duration_seconds{call}   how long they took
    sensormodel_resync_repairs_total{resource}        changes that a re-list found before the watch
    sensormodel_leader                                1 where the process may write, 0 where it stands by

Gauges about the queue and the fleet are read when somebody scrapes: `shell.fleet_metrics`.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from model_operator.gateways.errors import GatewayError

_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Metrics:
    """Counters and histograms; one object per process, so tests have their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.decisions = Counter(
            "sensormodel_decisions_total",
            "Decisions that changed the status of a SensorModel.",
            ("action", "reason"),
            registry=self.registry,
        )
        self.events = Counter(
            "sensormodel_events_total",
            "Events about SensorModels and RetrainingPolicies.",
            ("reason",),
            registry=self.registry,
        )
        self.pass_seconds = Histogram(
            "sensormodel_reconcile_duration_seconds",
            "Time of one pass.",
            ("kind",),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.pass_failures = Counter(
            "sensormodel_reconcile_failures_total",
            "Passes that ended in a retry.",
            ("kind", "error"),
            registry=self.registry,
        )
        self.calls = Counter(
            "sensormodel_gateway_calls_total",
            "Calls to the API server, MLflow and telemetry workers.",
            ("call", "outcome"),
            registry=self.registry,
        )
        self.call_seconds = Histogram(
            "sensormodel_gateway_call_duration_seconds",
            "Time of one call.",
            ("call",),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.repairs = Counter(
            "sensormodel_resync_repairs_total",
            "Changes that a re-list found before the watch.",
            ("resource",),
            registry=self.registry,
        )

    def report_leader(self, may_write: Callable[[], bool]) -> None:
        """Tell at every scrape whether this process leads."""
        gauge = Gauge("sensormodel_leader", "1 where the process may write, 0 elsewhere.", registry=self.registry)
        gauge.set_function(may_write)

    @contextmanager
    def call(self, name: str) -> Iterator[None]:
        """Count and time one call of a gateway; its outcome is OK or the kind of its error."""
        started, outcome = time.perf_counter(), "OK"
        try:
            yield
        except GatewayError as error:
            outcome = type(error).__name__
            raise
        finally:
            self.calls.labels(name, outcome).inc()
            self.call_seconds.labels(name).observe(time.perf_counter() - started)
