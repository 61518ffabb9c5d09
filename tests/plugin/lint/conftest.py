"""The API server as a judge: what it says to an object, without storing it."""

import json
from collections.abc import Callable

import pytest
from kubernetes import client, config

from kubectl_sensormodel.lint.admission import admission_faults
from localcluster import Cluster
from model_operator.api.crd import KINDS
from tests.cluster.api.objects import Object
from tests.cluster.api.server import Api

Judge = Callable[[Object], str]


@pytest.fixture(scope="session")
def ask_server(with_kinds: Cluster) -> Judge:
    """The API server's refusal of an object; empty: it would store it."""
    http = client.CustomObjectsApi(config.new_client_from_config(str(with_kinds.kubeconfig)))
    api = Api(with_kinds, "default", http)

    def ask(wanted: Object) -> str:
        try:
            api.try_out(wanted)
        except client.ApiException as refused:
            return str(json.loads(refused.body)["message"])
        return ""

    return ask


def ask_plugin(wanted: Object) -> str:
    """The plugin's refusal of an object; empty: it has no fault."""
    kind = next(kind for kind in KINDS if kind.kind == wanted["kind"])
    return "; ".join(f"{fault.path}: {fault.message}" for fault in admission_faults(kind, wanted))
