from collections import Counter

import pytest

from bench.api_requests import Request, Traffic, parse_requests, traffic

METRICS = """\
# HELP apiserver_request_total [STABLE] Counter of apiserver requests.
# TYPE apiserver_request_total counter
apiserver_request_total{code="201",component="",dry_run="",group="batch",resource="jobs",scope="resource",subresource="",verb="POST",version="v1"} 3
apiserver_request_total{code="200",component="",dry_run="",group="sensormodel.io",resource="sensormodels",scope="resource",subresource="status",verb="APPLY",version="v1alpha1"} 4
apiserver_request_total{code="409",component="",dry_run="",group="sensormodel.io",resource="sensormodels",scope="resource",subresource="status",verb="APPLY",version="v1alpha1"} 1
apiserver_request_terminations_total{code="504",component="apiserver",resource="jobs",subresource="",verb="POST"} 9
go_goroutines 1200
"""

JOB = Request("POST", "jobs", 201)
STATUS = Request("APPLY", "sensormodels/status", 200)


def test_requests_are_read_from_one_metric_among_many() -> None:
    expected = Counter({JOB: 3, STATUS: 4, Request("APPLY", "sensormodels/status", 409): 1})
    assert parse_requests(METRICS) == expected


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        pytest.param(JOB, Traffic(2, 0, 0, 0, 0), id="a Job is an object write"),
        pytest.param(STATUS, Traffic(2, 0, 0, 0, 0), id="a status is an object write"),
        pytest.param(Request("POST", "events", 201), Traffic(0, 0, 2, 0, 0), id="events are counted apart"),
        pytest.param(
            Request("APPLY", "retrainingpolicies/status", 200), Traffic(0, 2, 0, 0, 0), id="policies are counted apart"
        ),
        pytest.param(Request("LIST", "jobs", 200), Traffic(0, 0, 0, 2, 0), id="a list is a read"),
        pytest.param(Request("POST", "jobs", 409), Traffic(2, 0, 0, 0, 2), id="a refused write is a write"),
        pytest.param(Request("WATCH", "jobs", 200), Traffic(0, 0, 0, 0, 0), id="a renewed watch is nothing"),
        pytest.param(Request("POST", "sensormodels", 201), Traffic(0, 0, 0, 0, 0), id="the load is not the operator"),
        pytest.param(Request("PUT", "leases", 200), Traffic(0, 0, 0, 0, 0), id="the API server's own leases"),
    ],
)
def test_traffic_of_an_operator(request_: Request, expected: Traffic) -> None:
    assert traffic({request_: 2}) == expected


def test_all_requests_are_writes_and_reads() -> None:
    counted = Traffic(object_writes=1, policy_writes=2, event_writes=3, reads=4, refused=5)
    assert (counted.writes, counted.all) == (6, 10)
