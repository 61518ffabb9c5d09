"""Experiments and runs in MLflow: made, searched, compared, summed up."""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Final

from mlflow.entities import Experiment as ExperimentEntity
from mlflow.entities import Run as RunEntity
from mlflow.entities import RunStatus, ViewType
from mlflow.store.entities import PagedList

from model_operator.gateways.registry_pages import all_pages
from sensormodel.conditions import Condition, filter_of
from sensormodel.errors import InvalidRequest, Missing, Refused
from sensormodel.mlflow_access import PAGE, Access
from sensormodel.runs import (
    Comparison,
    Experiment,
    ExperimentSummary,
    Goal,
    Run,
    best_of,
    compare,
    read_experiment,
    read_run,
    summarize,
)

_FINISHED: Final = RunStatus.to_string(RunStatus.FINISHED)


class Experiments:
    """The experiments of an MLflow server. The experiment of a SensorModel is named like its registered model.

    Args:
        mlflow: URI of the server; None: the variable MLFLOW_TRACKING_URI. Credentials are MLflow's own variables.

    Raises:
        InvalidRequest: no server is named.
    """

    def __init__(self, mlflow: str | None = None) -> None:
        self._mlflow = Access(mlflow)

    def create(self, name: str, tags: Mapping[str, str] | None = None) -> Experiment:
        """A new experiment.

        Raises:
            Refused: there is one of that name; also one that is archived.
        """
        found = self._find(name)
        if found is not None and read_experiment(found).archived:
            raise Refused(f"experiment {name} is archived", "Restore it, or choose another name.")
        with self._mlflow.asking(f"creating experiment {name}"):
            self._mlflow.client.create_experiment(name, tags=dict(tags or {}))
        return self.get(name)

    def list(self, *, archived: bool = False) -> tuple[Experiment, ...]:
        """All experiments by name: the living, or those that are archived."""
        view = ViewType.DELETED_ONLY if archived else ViewType.ACTIVE_ONLY

        def fetch(token: str | None) -> PagedList[ExperimentEntity]:
            return self._mlflow.client.search_experiments(
                view, max_results=PAGE, order_by=["name ASC"], page_token=token
            )

        with self._mlflow.asking("listing experiments"):
            found: Iterator[ExperimentEntity] = all_pages(fetch)
            return tuple(read_experiment(each) for each in found)

    def get(self, name: str) -> Experiment:
        """One experiment, living or archived.

        Raises:
            Missing: there is none of that name.
        """
        found = self._find(name)
        if found is None:
            raise Missing(f"MLflow has no experiment {name!r}")
        return read_experiment(found)

    def archive(self, name: str) -> None:
        """Hide an experiment with its runs. `mlflow gc` removes it for good; until then `restore` brings it back."""
        experiment = self.get(name)
        if not experiment.archived:
            with self._mlflow.asking(f"archiving experiment {name}"):
                self._mlflow.client.delete_experiment(experiment.experiment_id)

    def restore(self, name: str) -> None:
        """Bring an archived experiment back with its runs."""
        experiment = self.get(name)
        if experiment.archived:
            with self._mlflow.asking(f"restoring experiment {name}"):
                self._mlflow.client.restore_experiment(experiment.experiment_id)

    def search(self, name: str, *where: Condition, limit: int | None = None) -> tuple[Run, ...]:
        """The runs of an experiment that meet all conditions, newest first.

        Args:
            name: of the experiment.
            where: conditions, for example `Metric("candidate_rmse", "<", 0.1)`.
            limit: so many at most; None: all.

        Raises:
            Missing: there is no such experiment.
            Refused: it is archived.
        """
        experiment = self.get(name)
        if experiment.archived:
            raise Refused(f"experiment {name} is archived", "Restore it to search in it.")
        condition = filter_of(where)

        def fetch(token: str | None) -> PagedList[RunEntity]:
            return self._mlflow.client.search_runs(
                [experiment.experiment_id],
                condition,
                max_results=PAGE if limit is None else min(PAGE, max(limit, 1)),
                order_by=["attributes.start_time DESC"],
                page_token=token,
            )

        with self._mlflow.asking(f"searching runs of {name}"):
            found: Iterator[RunEntity] = islice(all_pages(fetch), limit)
            return tuple(read_run(run) for run in found)

    def best(self, name: str, metric: str, goal: Goal, *where: Condition) -> Run:
        """The finished run with the smallest or largest value of a metric; the earliest of equals.

        A run without the metric, or whose newest value of it is NaN or infinite, is never the best.

        Raises:
            Missing: no finished run that meets the conditions has a finite value of the metric.
        """
        finished = [run for run in self.search(name, *where) if run.status == _FINISHED]
        found = best_of(finished, metric, goal)
        if found is None:
            known = sorted({other for run in finished for other in run.metrics})
            raise Missing(
                f"of {len(finished)} finished runs of {name} none has a finite {metric}",
                f"Their metrics are: {', '.join(known)}." if known else "",
            )
        return found

    def compare(self, *run_ids: str) -> Comparison:
        """Runs side by side, of any experiments.

        Raises:
            InvalidRequest: fewer than two are named.
            Missing: a run is not there.
        """
        if len(run_ids) < 2:  # noqa: PLR2004 - two are the fewest that can be compared
            raise InvalidRequest("name at least two runs to compare")
        return compare([self.run(run_id) for run_id in run_ids])

    def run(self, run_id: str) -> Run:
        """One run.

        Raises:
            Missing: it is not there.
        """
        with self._mlflow.asking(f"reading run {run_id}"):
            return read_run(self._mlflow.client.get_run(run_id))

    def summary(self, name: str, *where: Condition) -> ExperimentSummary:
        """Count, mean, sample standard deviation, minimum and maximum of every metric over the runs that meet all."""
        return summarize(name, self.search(name, *where))

    def _find(self, name: str) -> ExperimentEntity | None:
        with self._mlflow.asking(f"reading experiment {name}"):
            return self._mlflow.client.get_experiment_by_name(name)
