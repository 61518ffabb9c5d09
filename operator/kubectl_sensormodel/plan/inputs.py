"""What there is to replay: the policy of the file, the models, and the policy that they have now.

From a cluster with the user's rights, or from files alone.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import yaml
from pydantic import ValidationError

from kubectl_sensormodel.errors import ExitCode, PluginError
from kubectl_sensormodel.lint.command import check_files
from kubectl_sensormodel.lint.problems import Level
from model_operator.api.base import GROUP
from model_operator.api.retrainingpolicy import RetrainingPolicySpec
from model_operator.api.sensormodel import SensorModelSpec
from model_operator.core.observed import PolicyObject
from sensormodel.connection import POLICIES, SENSOR_MODELS, Connection

_PROBLEMS_TOLD: Final = 3


class Candidate(NamedTuple):
    """A SensorModel whose history is replayed."""

    namespace: str
    name: str
    uid: str | None  # None: it comes from a file, which does not know it
    generation: int
    spec: SensorModelSpec

    @property
    def key(self) -> str:
        """namespace/name."""
        return f"{self.namespace}/{self.name}"


class Inputs(NamedTuple):
    """All that a plan is about."""

    policy: PolicyObject  # of the file
    present: PolicyObject | None  # that the models have now; None: not known, or not one and the same
    models: tuple[Candidate, ...]  # by namespace and name


def from_files(policy_file: Path, model_files: Sequence[Path], names: Sequence[str], namespace: str) -> Inputs:
    """Without a cluster; the policy that the models have now is the one that stands in their files.

    Args:
        policy_file: with the policy to try.
        model_files: with the models.
        names: of the models; none: all of them.
        namespace: of models whose files name none.

    Raises:
        PluginError: a file cannot be read, or does not hold what it should.
    """
    policy = read_policy(policy_file)
    objects = [obj for file in model_files for obj in _objects(file)]
    models = [_model(obj, namespace) for obj in objects if obj["kind"] == "SensorModel"]
    if not models:
        raise PluginError(f"no SensorModel in {', '.join(map(str, model_files))}", code=ExitCode.NOT_FINE)
    chosen = _choose(models, names)
    wanted = {model.spec.policy_ref.name for model in chosen}
    present = [obj for obj in objects if obj["kind"] == "RetrainingPolicy" and obj["metadata"]["name"] in wanted]
    return Inputs(policy, _policy(present[0]) if len(present) == len(wanted) == 1 else None, chosen)


def from_cluster(cluster: Connection, policy_file: Path, names: Sequence[str], selector: str | None) -> Inputs:
    """The named models, those with the labels, or all that name the policy.

    Raises:
        PluginError: the cluster cannot be asked, or there is no such model.
    """
    policy = read_policy(policy_file)
    if names:
        bodies = [cluster.get(SENSOR_MODELS, name) for name in names]
    else:
        bodies = cluster.list(SENSOR_MODELS, selector=selector)
    models = [_model(body, cluster.namespace) for body in bodies]
    if not names and selector is None:
        models = [model for model in models if model.spec.policy_ref.name == policy.name]
    if not models:
        what = f"matches {selector!r}" if selector else f"names the policy {policy.name!r}"
        raise PluginError(
            f"namespace {cluster.namespace}: no SensorModel {what}", "Name the models to replay with --model."
        )
    wanted = {model.spec.policy_ref.name for model in models}
    body = cluster.find(POLICIES, wanted.pop()) if len(wanted) == 1 else None
    return Inputs(policy, _policy(body) if body else None, tuple(models))


def read_policy(path: Path) -> PolicyObject:
    """The one RetrainingPolicy of a file.

    Raises:
        PluginError: it holds none, several, or one that the cluster would refuse.
    """
    policies = [obj for obj in _objects(path) if obj["kind"] == "RetrainingPolicy"]
    if len(policies) != 1:
        message = f"{path}: {len(policies)} objects of kind RetrainingPolicy, exactly one can be planned"
        raise PluginError(message, code=ExitCode.NOT_FINE)
    return _policy(policies[0])


def _objects(path: Path) -> Iterator[dict[str, Any]]:
    """The objects of our kinds in a YAML or JSON file that the cluster would take.

    Raises:
        PluginError: it cannot be read, or the cluster would refuse it.
    """
    errors = [problem for problem in check_files([str(path)]).problems if problem.level is Level.ERROR]
    if errors:
        more = f" and {len(errors) - 1} more" if len(errors) > 1 else ""
        remedy = f"`kubectl sensormodel lint -f {path}` lists everything that the cluster would refuse."
        raise PluginError(f"{errors[0]}{more}", remedy, code=ExitCode.NOT_FINE)
    for document in yaml.safe_load_all(path.read_text(encoding="utf-8")):
        if isinstance(document, dict) and str(document.get("apiVersion", "")).startswith(f"{GROUP}/"):
            yield document


def _policy(body: dict[str, Any]) -> PolicyObject:
    name = body["metadata"]["name"]
    try:
        spec = RetrainingPolicySpec.model_validate(body.get("spec") or {})
    except ValidationError as error:
        raise _refused("RetrainingPolicy", name, error) from error
    return PolicyObject(name=name, generation=body["metadata"].get("generation", 1), spec=spec)


def _model(body: dict[str, Any], namespace: str) -> Candidate:
    metadata = body["metadata"]
    name = metadata["name"]
    try:
        spec = SensorModelSpec.model_validate(body.get("spec") or {})
    except ValidationError as error:
        raise _refused("SensorModel", name, error) from error
    where = metadata.get("namespace") or namespace
    return Candidate(where, name, metadata.get("uid"), metadata.get("generation", 1), spec)


def _choose(models: Sequence[Candidate], names: Sequence[str]) -> tuple[Candidate, ...]:
    there = {model.name for model in models}
    if unknown := [name for name in names if name not in there]:
        message = f"no SensorModel {', '.join(unknown)} in the files; they hold {', '.join(sorted(there))}"
        raise PluginError(message, code=ExitCode.NOT_FINE)
    chosen = [model for model in models if not names or model.name in names]
    return tuple(sorted(chosen, key=lambda model: model.key))


def _refused(kind: str, name: str, error: ValidationError) -> PluginError:
    problems = [
        f"{'.'.join(('spec', *map(str, problem['loc'])))}: {problem['msg']}"
        for problem in error.errors(include_url=False, include_context=False)[:_PROBLEMS_TOLD]
    ]
    return PluginError(f"{kind} {name}: {'; '.join(problems)}", code=ExitCode.NOT_FINE)
