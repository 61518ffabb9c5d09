"""`python -m model_operator`: read the settings, open the outside, and let Kopf run until the process is told to end.

Exit status: 0 after SIGTERM or SIGINT, 1 when the operator cannot go on, 78 (EX_CONFIG) when the environment is wrong.
"""

import asyncio
import gc
import logging
import sys
from collections.abc import Callable
from typing import Final

import kopf
from kubernetes.aio.config import ConfigException
from pydantic import ValidationError

from model_operator import logs
from model_operator.app import App
from model_operator.election import leading
from model_operator.endpoints import Endpoints
from model_operator.handlers import jobs, lifecycle, pods, retrainingpolicies, sensormodels
from model_operator.outside import open_outside
from model_operator.settings import Settings, describe

logger = logging.getLogger(__name__)

EX_CONFIG: Final = 78
_GARBAGE_AFTER: Final = 10_000  # new objects; by default 700


async def run(settings: Settings) -> bool:
    """The operator until it is told to end; returns whether it ended well.

    Raises:
        ConfigException: the API server is not configured.
    """
    async with open_outside(settings) as outside:
        app = App(settings, outside)
        endpoints = Endpoints(
            metrics_port=settings.metrics_port,
            health_port=settings.health_port,
            render_metrics=app.render_metrics,
            is_alive=app.what_is_dead,
            is_ready=app.what_is_missing,
        )
        await endpoints.start()  # also while another replica leads
        try:
            if outside.leadership is None:
                return await _operate(app, settings, streams_lists=outside.streams_lists)
            async with leading(outside.leadership) as leads:
                return await _operate(app, settings, streams_lists=outside.streams_lists) if leads else True
        finally:
            await endpoints.stop()


async def _operate(app: App, settings: Settings, *, streams_lists: bool) -> bool:
    """Let Kopf watch until the process is told to end or the app cannot go on."""
    registry = kopf.OperatorRegistry()
    lifecycle.register(registry, app, streams_lists=streams_lists)
    for watched in (sensormodels, retrainingpolicies, jobs, pods):
        watched.register(registry, app.intake)
    await kopf.operator(
        registry=registry,
        standalone=True,
        clusterwide=not settings.namespaces,
        namespaces=settings.namespaces,
        stop_flag=app.ended,
        identity=settings.pod_name,  # type: ignore[arg-type]  # a type of str without a public name; unset, it asks for a user
    )
    return not app.failed


def main() -> int:
    """Run the operator; returns the exit status."""
    try:
        settings = Settings()
    except ValidationError as error:
        sys.stderr.write(f"{describe(error)}\n")
        return EX_CONFIG
    logs.configure(settings.log_level)
    _spare_the_garbage_collector()
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        try:
            return 0 if runner.run(run(settings)) else 1
        except ConfigException as error:
            logger.critical("the API server is not configured: %s", error)
            return EX_CONFIG
        except OSError as error:
            logger.critical("%s", error)
            return 1


def _spare_the_garbage_collector() -> None:
    """What the imports made is no garbage: looking through it took an eighth of a start and a quarter of a restart."""
    gc.freeze()
    gc.set_threshold(_GARBAGE_AFTER)


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """That of uvloop where it is installed."""
    try:
        import uvloop  # noqa: PLC0415 - optional
    except ImportError:
        return None
    factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return factory


if __name__ == "__main__":
    sys.exit(main())
