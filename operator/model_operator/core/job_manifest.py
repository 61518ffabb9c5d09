"""The trainer Job of a task: a pure dict, with typed parts only and the restricted Pod Security profile."""

from typing import Any, Final

from model_contract import keys
from model_contract.evaluation import EvaluationTask
from model_contract.reproduction import ReproductionTask
from model_contract.task import TaskKind, TrainingTask, TriggerKind
from model_operator.api.base import API_VERSION, parse_duration
from model_operator.api.sensormodel import SensorModelSpec
from model_operator.api.training import EnvVar, Volume
from model_operator.core.identity import job_name
from model_operator.core.observed import Observation, SensorModelObject

Task = TrainingTask | EvaluationTask | ReproductionTask

CONTAINER = "trainer"
_SCRATCH = "/scratch"
_GRACE_SECONDS = 60  # from SIGTERM: the step of a fit ends, and its checkpoint goes to MLflow
_KINDS: Final[dict[type[Task], TaskKind]] = {
    TrainingTask: TaskKind.TRAIN,
    EvaluationTask: TaskKind.EVALUATE,
    ReproductionTask: TaskKind.REPRODUCE,
}


class TrainerDefaults(Observation):
    """What the installation decides about trainer Jobs, not the user of a SensorModel."""

    image: str  # where the spec names none; of a reproduction always: it runs what the version was made with
    mlflow_tracking_uri: str  # as pods see it
    service_account: str | None = None  # None: the namespace's default, without its token
    image_pull_policy: str = "IfNotPresent"
    job_ttl_seconds: int = 7 * 24 * 3600


def build_job(model: SensorModelObject, spec: SensorModelSpec, task: Task, defaults: TrainerDefaults) -> dict[str, Any]:
    """The Job that runs a task; the same task gives the same Job."""
    labels = _labels(model, task)
    training = spec.training
    job_labels = labels | ({"kueue.x-k8s.io/queue-name": training.queue_name} if training.queue_name else {})
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": job_name(model.name, _cause(task), task.attempt),
            "namespace": model.namespace,
            "labels": job_labels,
            "annotations": {
                keys.ANNOTATION_DECISION: _cause(task),
                keys.ANNOTATION_ATTEMPT: str(task.attempt),
                **_trigger_annotations(task),
                keys.ANNOTATION_GENERATION: str(model.generation),
            },
            "ownerReferences": [_owner(model, task)],
        },
        "spec": {
            "backoffLimit": training.retry_limit,
            "activeDeadlineSeconds": max(1, int(parse_duration(training.active_deadline).total_seconds())),
            "ttlSecondsAfterFinished": defaults.job_ttl_seconds,
            "podFailurePolicy": _pod_failure_policy(),
            "template": {"metadata": {"labels": labels}, "spec": _pod_spec(spec, task, defaults)},
        },
    }


def _labels(model: SensorModelObject, task: Task) -> dict[str, str]:
    return {
        "app.kubernetes.io/name": "sensor-model-trainer",
        "app.kubernetes.io/part-of": "sensor-model-operator",
        keys.LABEL_MANAGED_BY: keys.MANAGED_BY,
        keys.LABEL_MODEL: model.name,
        keys.LABEL_MODEL_UID: model.uid,
        keys.LABEL_TASK: task_kind(task).value,
        keys.LABEL_TRIGGER: _trigger(task).value,
    }


def task_kind(task: Task) -> TaskKind:
    """What the trainer is asked for."""
    return _KINDS[type(task)]


def _cause(task: Task) -> str:
    match task:
        case TrainingTask():
            return task.decision_id
        case EvaluationTask():
            return task.evaluation_id
        case ReproductionTask():
            return task.reproduction_id


def _trigger(task: Task) -> TriggerKind:
    match task:
        case TrainingTask():
            return task.trigger.kind
        case EvaluationTask():
            return TriggerKind.PERFORMANCE
        case ReproductionTask():
            return TriggerKind.MANUAL


def _trigger_annotations(task: Task) -> dict[str, str]:
    match task:
        case TrainingTask():
            identity, message = task.trigger.identity, task.trigger.message
        case EvaluationTask():
            identity, message = f"{task.version}/{task.window.end.isoformat()}", task.message
        case ReproductionTask():
            identity, message = str(task.reproduces.version), task.message
    return {keys.ANNOTATION_TRIGGER_IDENTITY: identity, keys.ANNOTATION_TRIGGER_MESSAGE: message}


def _owner(model: SensorModelObject, task: Task) -> dict[str, Any]:
    """The SensorModel, with which the Job goes; it controls only what the operator has made, not what a person has."""
    owner = {"apiVersion": API_VERSION, "kind": "SensorModel", "name": model.name, "uid": model.uid}
    if isinstance(task, ReproductionTask):
        return owner  # to block the deletion would take a right that only the operator needs
    return owner | {"controller": True, "blockOwnerDeletion": True}


def _pod_failure_policy() -> dict[str, Any]:
    """A task that cannot work is not tried again; a pod that was evicted does not count as a try."""
    cannot_work = {"containerName": CONTAINER, "operator": "In", "values": [int(keys.ExitCode.CANNOT_WORK)]}
    return {
        "rules": [
            {"action": "FailJob", "onExitCodes": cannot_work},
            {"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]},
        ]
    }


def _pod_spec(spec: SensorModelSpec, task: Task, defaults: TrainerDefaults) -> dict[str, Any]:
    training = spec.training
    image = defaults.image if isinstance(task, ReproductionTask) else training.image or defaults.image
    pod: dict[str, Any] = {
        "restartPolicy": "Never",
        "terminationGracePeriodSeconds": _GRACE_SECONDS,
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [
            {
                "name": CONTAINER,
                "image": image,
                "imagePullPolicy": defaults.image_pull_policy,
                **_arguments(task),
                "env": [*_own_env(task, image, defaults), *map(_env, training.env)],
                "resources": {"requests": dict(training.resources.requests), "limits": dict(training.resources.limits)},
                "terminationMessagePolicy": "FallbackToLogsOnError",
                "securityContext": {
                    "allowPrivilegeEscalation": False,
                    "readOnlyRootFilesystem": True,
                    "capabilities": {"drop": ["ALL"]},
                },
                "volumeMounts": [{"name": "scratch", "mountPath": _SCRATCH}, *map(_mount, training.volumes)],
            }
        ],
        "volumes": [{"name": "scratch", "emptyDir": {}}, *map(_volume, training.volumes)],
    }
    if defaults.service_account:
        pod["serviceAccountName"] = defaults.service_account
    if training.node_selector:
        pod["nodeSelector"] = dict(training.node_selector)
    if training.tolerations:
        pod["tolerations"] = [t.model_dump(by_alias=True, exclude_none=True) for t in training.tolerations]
    return pod


def _arguments(task: Task) -> dict[str, Any]:
    """The trainer's command needs none for a training, so that images that know nothing else still train."""
    kind = task_kind(task)
    return {} if kind is TaskKind.TRAIN else {"args": [kind.value]}


def _own_env(task: Task, image: str, defaults: TrainerDefaults) -> list[dict[str, Any]]:
    def from_pod(name: str, path: str) -> dict[str, Any]:
        return {"name": name, "valueFrom": {"fieldRef": {"fieldPath": path}}}

    return [
        {"name": keys.ENV_TASK, "value": task.to_json().replace("$(", "$$(")},  # $(NAME) would be expanded
        from_pod(keys.ENV_JOB_UID, f"metadata.labels['{keys.LABEL_JOB_UID}']"),
        from_pod(keys.ENV_POD_NAME, "metadata.name"),
        {"name": keys.ENV_IMAGE, "value": image},
        {"name": "MLFLOW_TRACKING_URI", "value": defaults.mlflow_tracking_uri},
        {"name": "HOME", "value": _SCRATCH},
        {"name": "TMPDIR", "value": _SCRATCH},
    ]


def _env(variable: EnvVar) -> dict[str, Any]:
    if variable.config_map_key_ref:
        source = {"configMapKeyRef": variable.config_map_key_ref.model_dump()}
    elif variable.secret_key_ref:
        source = {"secretKeyRef": variable.secret_key_ref.model_dump()}
    else:
        return {"name": variable.name, "value": variable.value or ""}
    return {"name": variable.name, "valueFrom": source}


def _mount(volume: Volume) -> dict[str, Any]:
    return {"name": f"user-{volume.name}"[:63], "mountPath": volume.mount_path, "readOnly": volume.read_only}


def _volume(volume: Volume) -> dict[str, Any]:
    named: dict[str, Any] = {"name": f"user-{volume.name}"[:63]}
    if volume.persistent_volume_claim:
        return named | {"persistentVolumeClaim": {"claimName": volume.persistent_volume_claim.claim_name}}
    if volume.config_map:
        return named | {"configMap": {"name": volume.config_map.name}}
    if volume.secret:
        return named | {"secret": {"secretName": volume.secret.name}}
    limit = volume.empty_dir.size_limit if volume.empty_dir else None
    return named | {"emptyDir": {"sizeLimit": limit} if limit else {}}
