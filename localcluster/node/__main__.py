"""`python -m localcluster.node CONFIG`: run one node agent until it is told to stop. Started by cluster.py."""

import asyncio
import logging
import signal
import sys
from contextlib import suppress
from pathlib import Path

from localcluster.node.agent import run_agent
from localcluster.node.config import AgentConfig


async def main(config: AgentConfig) -> None:
    """Run the agent; SIGTERM ends it, and with it, by their lifelines, all processes of its pods."""
    agent = asyncio.create_task(run_agent(config))
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, agent.cancel)
    with suppress(asyncio.CancelledError):
        await agent


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    asyncio.run(main(AgentConfig.model_validate_json(Path(sys.argv[1]).read_text(encoding="utf-8"))))
