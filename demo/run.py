"""One run of the demo: what is started, applied, followed, told and drawn, in this order. Called by `__main__`."""

import signal
import time
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from demo import custom_resources
from demo.follow import Follower, follow, new_record
from demo.picture import draw_picture
from demo.replayer import Replayer
from demo.report import write_page
from demo.sensors import SENSORS, time_of
from demo.servers import NAMESPACE, ROOT, Servers, start_servers
from demo.steps import STEPS, Progress
from demo.view import View
from demo.watch import Watches
from localcluster import ClusterChoice

COOLDOWN: Final = "75s"  # from one version to the next training; meanwhile drifted telemetry arrives
SCORE_PERCENT: Final = 50
ROWS_PER_SECOND: Final = 150.0  # two and a half hours of telemetry a second: no window passes unseen


class Run:
    """A run, with everything in one state folder; `ends` stops what it starts."""

    def __init__(self, choice: ClusterChoice, state: Path, view: View, ends: ExitStack) -> None:
        self._choice = choice
        self._state = state
        self._view = view
        self._ends = ends
        self._record = new_record(SENSORS, SCORE_PERCENT)
        self._followers = [
            Follower(
                sensor,
                self._record.sensors[sensor.name],
                Progress(sensor),
                Replayer(
                    sensor,
                    ROOT / "demo" / "telemetry" / f"{sensor.sensor_id}.parquet",
                    state / "telemetry" / sensor.sensor_id,
                    ROWS_PER_SECOND,
                ),
            )
            for sensor in SENSORS
        ]

    def start(self) -> None:
        """Start the servers; let the first telemetry arrive; apply the custom resources."""
        view = self._view
        view.title("1. What is needed is started")
        self._servers: Servers = start_servers(self._choice, self._state, self._ends, view.say)
        if self._choice is ClusterChoice.CURRENT:
            self._ends.callback(self._servers.kubectl, "delete", "namespace", NAMESPACE, "--wait=false")
        view.title("2. A policy and two SensorModels are applied, as a user would")
        for follower in self._followers:
            sensor = follower.sensor
            follower.replayer.deliver(sensor.first_rows)
            until = f"{time_of(sensor.first_rows):%d %b %H:%M}"
            view.say(f"{sensor.name}: telemetry of {sensor.sensor_id} up to {until} is there")
        self._apply(custom_resources.policy(cooldown=COOLDOWN, score_percent=SCORE_PERCENT), show=True)
        for follower in self._followers:
            telemetry = self._state / "telemetry" / follower.sensor.sensor_id
            manifest = custom_resources.sensor_model(follower.sensor, telemetry)
            self._apply(manifest, show=follower is self._followers[0])  # the others differ in names only

    def follow(self, seconds: float) -> bool:
        """Watch until every step was seen, for so many seconds at most; returns whether they were."""
        self._view.title("3. The operator works")
        kubectl = self._servers.kubectl
        log = self._state / "logs" / "watches.log"
        with Watches(kubectl.program, kubectl.environment, NAMESPACE, log) as watches:
            complete = follow(self._followers, watches, self._servers, self._view, time.monotonic() + seconds)
        self._record.ended = datetime.now(UTC)
        return complete

    def tell_end(self) -> None:
        """What happened, from what the operator wrote, and what the cluster holds now."""
        view, kubectl = self._view, self._servers.kubectl
        view.title("4. What happened, as it stands in status.history and status.stageHistory")
        for follower in self._followers:
            view.history(follower.sensor, follower.record)
        for command in ("get sm,rtp,jobs", f"describe sm {SENSORS[0].name}"):
            view.title(f"$ kubectl {command}")
            view.block(kubectl(*command.split()))

    def draw(self, page: Path, picture: Path) -> None:
        """Write the report."""
        draw_picture(self._record, SENSORS, self._state / "telemetry", picture)
        write_page(self._record, SENSORS, picture, page)
        (self._state / "demo-record.json").write_text(self._record.model_dump_json(indent=1), encoding="utf-8")
        self._view.title(f"5. The report: {page}")

    def tell_result(self, *, keep: bool) -> None:
        """Whether every step was seen, what was not and where to look, and how to go on."""
        view, missing = self._view, 0
        for follower in self._followers:
            for step in follower.progress.missing:
                missing += 1
                view.say(f"✗ not seen, {follower.sensor.name}: {step.name}; look into {step.look_at}")
        total = len(STEPS) * len(self._followers)
        view.say(f"{total - missing} of {total} steps were seen")
        if missing:
            view.say("the operator's last words:")
            view.block(self._servers.operator_said())
        if missing and not keep:
            view.say("with KEEP=1 everything stays, logs included")
        if keep:
            view.say(f"logs: {self._state / 'logs'}, {self._state / 'cluster' / 'logs'}, {self._servers.mlflow.log}")

    def wait_for_interrupt(self) -> None:
        """Leave the servers alone until Ctrl-C, and say how to reach them."""
        kubectl = self._servers.kubectl
        self._view.title("Everything still runs; telemetry no longer arrives. In another terminal:")
        self._view.block(f"export KUBECONFIG={kubectl.kubeconfig} PATH={kubectl.program.parent}:$PATH")
        self._view.block("kubectl get sm -w")
        self._view.block(f"MLflow: {self._servers.mlflow.url}")
        self._view.block("Ctrl-C here ends it.")
        try:
            signal.pause()
        except KeyboardInterrupt:
            self._view.say("thank you for watching")

    def _apply(self, manifest: str, *, show: bool) -> None:
        if show:
            self._view.block(f"\n{manifest}")
        self._view.say(self._servers.kubectl("apply", "--server-side", "-f", "-", stdin=manifest).strip())
