"""No cluster but the embedded one is touched by surprise."""

import pytest

from localcluster import ClusterChoice, ClusterError, choose_cluster


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        pytest.param({}, ClusterChoice.EMBEDDED, id="embedded by default"),
        pytest.param({"KUBECONFIG": "/some/config"}, ClusterChoice.EMBEDDED, id="a kubeconfig alone decides nothing"),
        pytest.param({"CLUSTER": ""}, ClusterChoice.EMBEDDED, id="empty means unset"),
        pytest.param({"CLUSTER": "current"}, ClusterChoice.CURRENT, id="current in so many words"),
    ],
)
def test_choice(environment: dict[str, str], expected: ClusterChoice) -> None:
    assert choose_cluster(environment) is expected


def test_anything_else_is_refused_with_the_two_that_work() -> None:
    with pytest.raises(ClusterError, match=r"CLUSTER=prod: not understood.*CLUSTER=current"):
        choose_cluster({"CLUSTER": "prod"})
