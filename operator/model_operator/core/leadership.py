"""Who of several replicas may act: the rules of a Lease, as pure functions.

`shell.leadership` asks at every retry what to do about the Lease that it sees; `gateways.leases` reads and writes it.
The rules are those of client-go's leader election. No clock of another machine is trusted: a Lease expires when it has
not changed for its whole duration by the watcher's own monotonic clock.
"""

from datetime import datetime
from enum import Enum
from typing import Final

from model_operator.core.observed import Observation

LEASE_DURATION: Final = 15.0  # seconds without a change after which others may take it
RENEW_DEADLINE: Final = 10.0  # seconds after its last renewal in which a leader may still write
RETRY_PERIOD: Final = 2.0  # seconds between two renewals, and between two looks of a standby


class Lease(Observation):
    """A coordination.k8s.io Lease, as far as it matters here."""

    holder: str  # empty: released
    acquire_time: datetime | None = None
    renew_time: datetime | None = None  # written for people, compared only for change
    transitions: int = 0
    resource_version: str = ""  # empty: not stored yet


class LeaseStep(Enum):
    """What to do about a Lease."""

    TAKE = "Take"
    RENEW = "Renew"
    WAIT = "Wait"


def next_lease_step(lease: Lease | None, identity: str, *, leads: bool, unchanged_for: float) -> LeaseStep:
    """What the process of that identity does about the Lease that it sees.

    A Lease that somebody deleted is made anew by its leader; others wait as long as if the leader had died.

    Args:
        lease: None: there is none.
        identity: of this process.
        leads: whether it may write still.
        unchanged_for: seconds for which the Lease has looked like this, or has been away after it was there; infinite
            if it was never seen.
    """
    if lease is not None and lease.holder == identity:
        return LeaseStep.RENEW
    is_free = leads if lease is None else not lease.holder
    return LeaseStep.TAKE if is_free or unchanged_for >= LEASE_DURATION else LeaseStep.WAIT


def taken(lease: Lease | None, identity: str, now: datetime) -> Lease:
    """The Lease in the hands of a new holder."""
    before = lease or Lease(holder="", transitions=-1)
    changes = {"holder": identity, "acquire_time": now, "renew_time": now, "transitions": before.transitions + 1}
    return before.model_copy(update=changes)


def renewed(lease: Lease, now: datetime) -> Lease:
    """The Lease, held on to."""
    return lease.model_copy(update={"renew_time": now})


def released(lease: Lease, now: datetime) -> Lease:
    """The Lease without a holder: the next replica takes it at once."""
    return lease.model_copy(update={"holder": "", "renew_time": now})
