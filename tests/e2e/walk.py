"""The life of a model on a real node, step by step: each acts as a user or as fate does, and waits for what must follow."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from model_contract.keys import Tag
from model_operator.api.vocabulary import Stage
from tests.e2e.results import StepError
from tests.e2e.scene import MODEL, PLANT, ROOT, SENSOR, SYSTEM, Object, Scene

BOOT: Final = "a node runs kubelet, containerd, kube-proxy and DNS, and has the images"
OVERLAY: Final = "manifests/overlays/demo-mlflow"
_SOON: Final = 180.0  # seconds, on a machine with other work; a few on an idle one
_TRAINED_IN: Final = 600.0  # the same; half a minute


@dataclass(frozen=True)
class Step:
    """Something that is done and what has to follow; the answer is what was seen."""

    name: str
    run: Callable[[Scene], str]


def install(scene: Scene) -> str:
    """As the README says, on storage that an administrator has provided."""
    for folder in ("mlflow", "telemetry"):
        (scene.state / folder).mkdir(mode=0o777)
        (scene.state / folder).chmod(0o777)
    scene.kubectl("apply", "-f", "-", stdin=scene.fill_in("volumes.yaml", state=str(scene.state)))
    scene.kubectl("apply", "--server-side", "-k", str(ROOT / OVERLAY))
    for name in ("mlflow", "sensor-model-operator"):
        scene.kubectl("rollout", "status", f"deployment/{name}", "-n", SYSTEM, "--timeout=300s", timeout=310)
    pods = scene.get("pods", "-n", SYSTEM)["items"]
    return f"{len(pods)} pods are ready"


def begin(scene: Scene) -> str:
    """Telemetry is there, a policy and a model are applied: the first training starts."""
    scene.replayer.deliver(SENSOR.first_rows)
    hyperparameters = json.dumps(SENSOR.hyperparameters)
    plant = scene.fill_in("plant.yaml", lookback=SENSOR.lookback, hyperparameters=hyperparameters)
    scene.kubectl("apply", "--server-side", "-f", "-", stdin=plant)
    return scene.wait(_SOON, "a running pod of the first training", lambda: _running(scene, "Initial"))


def crash_trainer(scene: Scene) -> str:
    """The trainer crashes; its Job tries again with another pod, and version 1 is promoted."""
    job, pod = scene.trainings("Initial")[0], scene.wait(_SOON, "the pod", lambda: _running(scene, "Initial"))
    scene.crash(pod, PLANT)
    scene.wait(_SOON, "another pod", lambda: _other(scene.running_pod(job), pod))
    return scene.wait(_TRAINED_IN, "version 1 in Production", lambda: _in_production(scene, 1))


def judge_nominal(scene: Scene) -> str:
    """New telemetry in which nothing has changed is judged, and nothing follows."""
    scene.replayer.deliver(SENSOR.nominal_rows)

    def judged() -> str | None:
        drift = scene.status.assessment and scene.status.assessment.drift
        if not drift or drift.window_end_time < SENSOR.shift_time:
            return None
        return None if drift.confirmed else f"drift {drift.score} ({drift.severity})"

    return scene.wait(_SOON, "a verdict without drift", judged)


def crash_leader(scene: Scene) -> str:
    """The replica that leads crashes: it cannot give its Lease back, and another one leads when that has run out."""
    before = scene.wait(_SOON, "a leader", lambda: scene.leader() or None)
    scene.crash(_pod_of(before), SYSTEM)
    return _succession(scene, before)


def drift(scene: Scene) -> str:
    """Shifted telemetry arrives: the leader that took over asks for a retraining."""
    scene.replayer.deliver(SENSOR.all_rows)
    return scene.wait(2 * _SOON, "a running pod of a retraining", lambda: _running(scene, "Drift"))


def drain_leader_while_training(scene: Scene) -> str:
    """The pod that leads is deleted while a Job runs: the same Job goes on, and version 2 replaces version 1."""
    job, before = scene.trainings("Drift")[0], scene.leader()
    scene.kubectl("delete", "pod", _pod_of(before), "-n", SYSTEM, "--wait=false")
    moved = _succession(scene, before)
    scene.wait(_TRAINED_IN, "version 2 in Production", lambda: _in_production(scene, 2))
    version_1 = scene.wait(_SOON, "version 1 archived", lambda: _archived(scene, 1))
    uids = {found["metadata"]["uid"] for found in scene.trainings("Drift")}
    if uids != {job["metadata"]["uid"]}:
        raise StepError(f"one retraining was expected, and there are {len(uids)}")
    version = scene.registry.version(2)
    return f"{moved}; version 2 is {version.tags.get(Tag.COMPARISON) if version else 'lost'}; {version_1}"


def count(scene: Scene) -> str:
    """In spite of two crashes and a deletion nothing was done twice."""
    counts = {trigger: len(scene.trainings(trigger)) for trigger in ("Initial", "Drift")}
    versions = [version.version for version in scene.registry.versions]
    if counts != {"Initial": 1, "Drift": 1} or len(scene.trainings()) != len(counts) or versions != [1, 2]:
        raise StepError(f"Jobs by trigger {counts} of {len(scene.trainings())}, versions {versions}")
    return "one Job and one version for each of two reasons"


def roll_back(scene: Scene) -> str:
    """A person wants version 1 back, as the README says."""
    scene.kubectl("annotate", "sm", MODEL, "-n", PLANT, "sensormodel.io/promote-version=1", "--overwrite")
    return scene.wait(_SOON, "version 1 in Production again", lambda: _in_production(scene, 1))


def restricted(scene: Scene) -> str:
    """Every pod that ran is a restricted one, as Pod Security enforced, and no trainer has a token."""
    pods = [*scene.get("pods", "-n", SYSTEM)["items"], *scene.get("pods", "-n", PLANT)["items"]]
    for pod in pods:
        for container in pod["spec"]["containers"]:
            if not container["securityContext"].get("readOnlyRootFilesystem"):
                raise StepError(f"{pod['metadata']['name']} may write to its root file system")
        mounts = [mount["mountPath"] for container in pod["spec"]["containers"] for mount in container["volumeMounts"]]
        if pod["metadata"]["namespace"] == PLANT and any("serviceaccount" in mount for mount in mounts):
            raise StepError(f"{pod['metadata']['name']} has a token")
    return f"{len(pods)} pods"


def _succession(scene: Scene, before: str) -> str:
    """Wait for another leader; how long that took."""
    started = time.monotonic()
    after = scene.wait(_SOON, "another leader", lambda: _other(scene.leader(), before))
    return f"{_pod_of(after)} leads {time.monotonic() - started:.0f} s after {_pod_of(before)}"


def _pod_of(holder: str) -> str:
    return holder.partition("_")[0]


def _running(scene: Scene, trigger: str) -> str | None:
    jobs = scene.trainings(trigger)
    return scene.running_pod(jobs[0]) if jobs else None


def _other(now: str | None, before: str) -> str | None:
    return now if now and now != before else None


def _in_production(scene: Scene, version: int) -> str | None:
    """Both the status and MLflow say so."""
    holder = scene.status.stages.production
    if holder is None or holder.version != version or scene.registry.production != version:
        return None
    return f"version {version} is {Stage.PRODUCTION}: {_why(scene)}"


def _why(scene: Scene) -> str:
    last: Object = scene.get("sm", MODEL, "-n", PLANT)["status"]["history"][0]
    return str(last["message"])


def _archived(scene: Scene, version: int) -> str | None:
    found = scene.registry.version(version)
    return f"version {version} is {Stage.ARCHIVED}" if found and found.stage == Stage.ARCHIVED else None


STEPS: Final = (
    Step("manifests are applied, MLflow and two operators become ready", install),
    Step("a policy and a SensorModel start the first training", begin),
    Step("the trainer crashes; tried again, version 1 is Production", crash_trainer),
    Step("new telemetry is judged: no drift", judge_nominal),
    Step("the leading operator crashes; another one leads", crash_leader),
    Step("shifted telemetry starts a retraining", drift),
    Step("the leader is deleted during a training; version 2 is Production", drain_leader_while_training),
    Step("nothing was done twice", count),
    Step("a person rolls back to version 1", roll_back),
    Step("every pod was restricted, and no trainer had a token", restricted),
)
