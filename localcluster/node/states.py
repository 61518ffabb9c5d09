"""The states of a container, and the back-off between its restarts. Pure: times are arguments."""

import datetime as dt
from dataclasses import dataclass

_LONGEST_BACKOFF = 300.0  # seconds, as the kubelet


@dataclass(frozen=True)
class Waiting:
    """Not running, and why not."""

    reason: str
    message: str = ""


@dataclass(frozen=True)
class Running:
    """A process exists."""

    started_at: dt.datetime
    container_id: str


@dataclass(frozen=True)
class Terminated:
    """The process is gone. `reason` is Completed or Error, or StartError when there never was one."""

    exit_code: int
    reason: str
    started_at: dt.datetime
    finished_at: dt.datetime
    container_id: str
    message: str = ""


@dataclass
class ContainerRecord:
    """What the node knows about one container; the pod's status is made of these."""

    name: str
    image: str
    state: Waiting | Running | Terminated
    is_init: bool = False
    last: Terminated | None = None
    restarts: int = 0

    @property
    def succeeded(self) -> bool:
        """It ran and its last run was good."""
        return isinstance(self.state, Terminated) and self.state.exit_code == 0

    @property
    def failed(self) -> bool:
        """It is over and its last run was bad."""
        return isinstance(self.state, Terminated) and self.state.exit_code != 0

    @property
    def has_run(self) -> bool:
        """At least one process existed."""
        return self.last is not None or not isinstance(self.state, Waiting)


def restarts_again(policy: str, *, exit_code: int, is_init: bool) -> bool:
    """Whether a container that ended is started again under the pod's restartPolicy."""
    if policy == "Never":
        return False
    if policy == "OnFailure" or is_init:
        return exit_code != 0
    return True


def restart_delay(restarts: int, base: float) -> float:
    """Seconds between an end and the next start: at once the first time, then `base`, doubling up to five minutes."""
    if restarts == 0:
        return 0.0
    return min(base * 2.0 ** min(restarts - 1, 30), _LONGEST_BACKOFF)
