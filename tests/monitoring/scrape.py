"""What Prometheus gets from an operator that has worked for an hour."""

import asyncio

from model_operator.api.vocabulary import Severity
from model_operator.gateways.errors import Transient
from tests.shell.fleet import AN_HOUR, add_models, add_policy, let_drift
from tests.shell.rig import Operator, World, settle
from tests.shell.virtual_time import VirtualTimeLoop


def scraped() -> str:
    """The text of /metrics: models that serve, one that drifts and trains, and a call that failed."""
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        return runner.run(_work_and_scrape())


async def _work_and_scrape() -> str:
    world = World()
    add_policy(world)
    add_models(world, ["p-1", "p-2"])
    let_drift(world, "p-1", Severity.CRITICAL)
    world.cluster.failures["create_job"].append(Transient("the API server does not answer"))
    async with Operator(world) as operator:
        await settle(2 * AN_HOUR)
        return operator.metrics()
