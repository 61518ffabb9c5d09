"""Count the requests that an API server has answered, exactly, from its own metrics.

Used by `bench.meter`. Requests are told apart by verb and resource: the measured operator is the only client that
writes Jobs, statuses and events, because no controller runs beside it.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Final, NamedTuple

from prometheus_client.parser import text_string_to_metric_families

_METRIC: Final = "apiserver_request_total"
_READS: Final = {"GET", "LIST"}
_NOT_WRITES: Final = {*_READS, "WATCH", "CONNECT"}
_EVENTS: Final = "events"
_POLICIES: Final = "retrainingpolicies"
_OBJECTS: Final = {"sensormodels", "jobs", "pods", _POLICIES}


class Request(NamedTuple):
    """A kind of request."""

    verb: str  # POST, PATCH, APPLY, PUT, DELETE, GET, LIST or WATCH
    resource: str  # with a subresource behind a slash, such as sensormodels/status
    code: int

    @property
    def of(self) -> str:
        """The resource without its subresource."""
        return self.resource.partition("/")[0]


def parse_requests(metrics: str) -> Counter[Request]:
    """All requests so far, from the text of an API server's /metrics.

    Only the lines of one metric are parsed: the whole page takes a hundred times as long.
    """
    lines = [line for line in metrics.splitlines() if line.startswith(f"{_METRIC}{{")]
    found: Counter[Request] = Counter()
    for family in text_string_to_metric_families("\n".join(lines) + "\n"):
        for sample in family.samples:
            labels = sample.labels
            resource = "/".join(filter(None, (labels["resource"], labels["subresource"])))
            found[Request(labels["verb"], resource, int(labels["code"]))] += int(sample.value)
    return found


class Traffic(NamedTuple):
    """What an operator asked of the API server in a span of time; refused requests count as well."""

    object_writes: int  # Jobs and statuses of SensorModels
    policy_writes: int  # statuses of RetrainingPolicies
    event_writes: int
    reads: int  # GET and LIST of any of them
    refused: int  # of all of these: answered with an error

    @property
    def writes(self) -> int:
        """All writes."""
        return self.object_writes + self.policy_writes + self.event_writes

    @property
    def all(self) -> int:
        """All requests but watches."""
        return self.writes + self.reads


def traffic(requests: Mapping[Request, int]) -> Traffic:
    """The requests of an operator among all of a span; the load's own creations of SensorModels are left out."""
    writes: Counter[str] = Counter()
    reads = refused = 0
    for request, count in requests.items():
        is_load = (request.verb, request.resource) == ("POST", "sensormodels")
        if request.of not in _OBJECTS | {_EVENTS} or request.verb == "WATCH" or is_load:
            continue
        if request.verb in _READS:
            reads += count
        elif request.verb not in _NOT_WRITES:
            writes[request.of] += count
        refused += count if request.code >= 400 else 0  # noqa: PLR2004  HTTP: from here on errors
    events, policies = writes.pop(_EVENTS, 0), writes.pop(_POLICIES, 0)
    return Traffic(writes.total(), policies, events, reads, refused)
