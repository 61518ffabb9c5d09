"""What every replica has written, as two servers saw it arrive, and whether it was allowed to.

The times are those of one monotonic clock, that of the test, so nothing depends on what a replica believes.
"""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from model_operator.core.leadership import LEASE_DURATION
from tests.proxies.http_proxy import Answer, Asked, Forward

_LEASES: Final = "/apis/coordination.k8s.io/"
_NO_WRITES: Final = "/search"  # MLflow wants POST for some reads


@dataclass
class Entry:
    """One write.

    Attributes:
        writer: the process that sent it.
        asked: the request.
        arrived: when, in seconds.
        answered: when the server had done its work; infinite before.
        status: of the server's answer; 0 before.
    """

    writer: str
    asked: Asked
    arrived: float
    answered: float = float("inf")
    status: int = 0

    @property
    def is_effective(self) -> bool:
        """Whether the server has done it."""
        return 200 <= self.status < 300

    @property
    def is_of_lease(self) -> bool:
        """Whether it takes, renews or releases the Lease."""
        return self.asked.path.startswith(_LEASES)

    @property
    def holder(self) -> str:
        """Who holds the Lease by this write; empty for nobody."""
        return str(json.loads(self.asked.body)["spec"]["holderIdentity"])

    @property
    def transitions(self) -> int:
        """How often the Lease has changed hands by this write."""
        return int(json.loads(self.asked.body)["spec"]["leaseTransitions"])

    def __str__(self) -> str:
        return f"{self.arrived:.3f} {self.writer}: {self.asked.method} {self.asked.path} → {self.status}"


class History:
    """All writes of all replicas, in the order in which they arrived."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []

    async def record(self, writer: str, asked: Asked, forward: Forward) -> Answer | None:
        """Let a request pass, and remember it if it is a write."""
        if not asked.is_write or asked.path.endswith(_NO_WRITES):
            return await forward()
        entry = Entry(writer, asked, time.monotonic())
        self.entries.append(entry)
        answer = await forward()
        entry.answered, entry.status = time.monotonic(), answer.status
        return answer

    def of(self, writer: str, path: str) -> list[Entry]:
        """What a writer has asked for and was answered."""
        return [entry for entry in self.entries if entry.writer == writer and entry.status and path in entry.asked.path]

    def effects(self, *writers: str, path: str = "") -> list[Entry]:
        """What was done for these writers, or for anybody, apart from the Lease."""
        return [
            entry
            for entry in self.entries
            if entry.is_effective and not entry.is_of_lease
            if path in entry.asked.path and (not writers or entry.writer in writers)
        ]

    def hands(self) -> list[tuple[str, int]]:
        """Those who have held the Lease, one after the other, nobody too, each with its transitions at that time."""
        found: list[tuple[str, int]] = []
        for entry in self._leases():
            held = (entry.writer if entry.holder else "", entry.transitions)
            if held not in found[-1:]:
                found.append(held)
        return found

    def trespasses(self) -> list[str]:
        """Writes that were done for a process that did not lead, or had not renewed for so long that another might."""
        return [str(entry) for entry in self.effects() if not self._is_led(entry)]

    def _is_led(self, entry: Entry) -> bool:
        before = [lease for lease in self._leases() if lease.answered <= entry.arrived]
        if not before or before[-1].writer != entry.writer or not before[-1].holder:
            return False
        return entry.arrived - before[-1].arrived < LEASE_DURATION

    def _leases(self) -> Iterator[Entry]:
        done = (entry for entry in self.entries if entry.is_of_lease and entry.is_effective)
        return iter(sorted(done, key=lambda entry: entry.answered))
