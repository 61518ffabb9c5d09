"""How far the trainings are that run now. MLflow cannot be watched, so it is asked: one call for all of them.

Nothing is asked while no pod of a training runs, and `shell.registry_view` lets passes go first. What was found is for
people; a pass that finds none goes on showing what the status says. `shell.observe` looks here; a model whose training
told something new is woken, so its status is written at most once per look.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Final, NamedTuple

from pydantic_core import from_json

from model_contract.progress import TrainingProgress
from model_contract.task import TaskKind
from model_operator.core.jobs import observe_job
from model_operator.gateways.errors import GatewayError
from model_operator.gateways.resources import Resource
from model_operator.shell.cache import Cache
from model_operator.shell.kept import Kept, Key
from model_operator.shell.parse import parse_model
from model_operator.shell.registry_view import NotYet, RegistryView

logger = logging.getLogger(__name__)

LOOK_SECONDS: Final = 15.0  # between two looks
_LONGEST_BACK_OFF: Final = 240.0


class _Running(NamedTuple):
    """A training whose pod runs."""

    model: Key
    experiment: str


class TrainingView:
    """What running trainings say of themselves.

    Args:
        registry: asks MLflow.
        cache: knows the Jobs and their pods.
        wake: called for every model whose training told something new.
    """

    def __init__(self, registry: RegistryView, cache: Cache, *, wake: Callable[[Key], None]) -> None:
        self._registry = registry
        self._cache = cache
        self._wake = wake
        self._said: dict[str, TrainingProgress] = {}  # by uid of the Job
        self._fails = False

    def progress(self, job_uid: str) -> TrainingProgress | None:
        """What a training said last; None: nothing yet, or it does not run."""
        return self._said.get(job_uid)

    async def run(self) -> None:
        """Look for ever."""
        pause = LOOK_SECONDS
        while True:
            try:
                await self._look()
            except NotYet:
                pass  # not asked, so nothing is known about the next question either: the pause stays
            except GatewayError as error:
                if not self._fails:
                    logger.warning("how far trainings are is not known: %s", error)
                self._fails, pause = True, min(2.0 * pause, _LONGEST_BACK_OFF)
            else:
                self._fails, pause = False, LOOK_SECONDS
            await asyncio.sleep(pause)

    async def _look(self) -> None:
        running = self._running()
        if not running:
            self._said = {}
            return
        found = await self._registry.read_progress({uid: each.experiment for uid, each in running.items()})
        before, self._said = self._said, {uid: self._said[uid] for uid in running if uid in self._said} | found
        for uid, said in found.items():
            if before.get(uid) != said:
                self._wake(running[uid].model)

    def _running(self) -> dict[str, _Running]:
        """The trainings whose pod works, by uid of the Job."""
        if not self._cache.all_live_jobs():
            return {}
        jobs = ((job, self._cache.by_uid(job.controller_uid)) for job in self._cache.all(Resource.JOB) if job.is_live)
        return {
            job.uid: _Running(model.key, spec.experiment)
            for job, model in jobs
            if model and self._works(job) and (spec := parse_model(model).spec)
        }

    def _works(self, job: Kept) -> bool:
        pods = [from_json(pod.body) for pod in self._cache.owned_by(job)]
        observed = observe_job(from_json(job.body), pods)
        waits = observed.pod_problem is not None or observed.said is not None
        return bool(pods) and not waits and observed.task is TaskKind.TRAIN
