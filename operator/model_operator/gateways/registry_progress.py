"""How far trainings are, from the tags of their runs: one search for all of them.

Used by `registry_calls.py`. The filters of MLflow know no list of tag values, so the search asks for every run that is
going on and says how far it is, in the experiments of the Jobs; which of them are meant is sorted out here.
"""

import logging
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from mlflow import MlflowClient
from mlflow.entities import Run
from pydantic import ValidationError

from model_contract.keys import Tag
from model_contract.progress import TrainingProgress

_RUNS_PER_PAGE: Final = 200
_MOST_PAGES: Final = 50
_TELLING: Final = f"attributes.status = 'RUNNING' and tags.`{Tag.PROGRESS}` LIKE '{{%'"
_log: Final = logging.getLogger(__name__)


class ProgressCalls:
    """Blocking; what the client raises is not sorted yet."""

    def __init__(self, client: MlflowClient) -> None:
        self._client = client
        self._experiments: dict[str, str] = {}  # id by name

    def read(self, jobs: Mapping[str, str]) -> dict[str, TrainingProgress]:
        """What the running trainings say, by the uid of the Job; a Job that says nothing is left out.

        Args:
            jobs: uid → name of the experiment that its run is in.
        """
        ids = [found for name in sorted(set(jobs.values())) if (found := self._experiment_id(name))]
        said: dict[str, TrainingProgress] = {}
        for run in self._runs(ids) if ids else ():
            uid = run.data.tags.get(Tag.JOB_UID)
            if uid in jobs and uid not in said and (progress := _parsed(run)):
                said[uid] = progress
            if len(said) == len(jobs):
                break
        self._forget(name for uid, name in jobs.items() if uid not in said)
        return said

    def _experiment_id(self, name: str) -> str | None:
        if name not in self._experiments:
            found = self._client.get_experiment_by_name(name)
            if found is None:
                return None
            self._experiments[name] = found.experiment_id
        return self._experiments[name]

    def _forget(self, names: Iterable[str]) -> None:
        """Experiments may be renamed or made anew: where nothing was found, the name is looked up again."""
        for name in names:
            self._experiments.pop(name, None)

    def _runs(self, experiment_ids: list[str]) -> Iterator[Run]:
        """The newest first: what is older and says that it runs was left behind by a crash."""
        token: str | None = None
        for _ in range(_MOST_PAGES):
            page = self._client.search_runs(
                experiment_ids,
                _TELLING,
                max_results=_RUNS_PER_PAGE,
                order_by=["attributes.start_time DESC"],
                page_token=token,
            )
            yield from page
            token = page.token or None
            if token is None:
                return


def _parsed(run: Run) -> TrainingProgress | None:
    try:
        return TrainingProgress.model_validate_json(run.data.tags[Tag.PROGRESS])
    except ValidationError as error:
        _log.warning("run %s: tag %s is ignored: %s", run.info.run_id, Tag.PROGRESS, error)
        return None
