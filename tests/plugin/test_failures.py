"""What a person reads when the cluster cannot answer."""

import base64
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from localcluster import Cluster
from sensormodel.connection import Connection as Asked
from sensormodel.errors import ClientError
from tests.cluster.api.objects import sensor_model
from tests.cluster.api.server import Api
from tests.plugin.program import Program


def test_without_a_kubeconfig_it_says_where_it_looked(program: Program) -> None:
    answer = program("why", "p-1")
    assert answer.code == 3
    assert answer.err == (
        "error: no kubeconfig: there is no file ~/.kube/config, and this is no pod\n"
        "Name one with --kubeconfig or KUBECONFIG.\n"
    )


def test_an_unknown_context_is_told_with_those_that_exist(plugin: Program) -> None:
    answer = plugin("why", "p-1", "--context", "plant-7")
    assert (answer.code, answer.err) == (3, "error: the kubeconfig has no context 'plant-7'\nIt has: localcluster\n")


def test_a_cluster_that_is_away_is_named(program: Program, cluster: Cluster, tmp_path: Path) -> None:
    config = yaml.safe_load(cluster.kubeconfig.read_text(encoding="utf-8"))
    config["clusters"][0]["cluster"]["server"] = "https://127.0.0.1:9"
    away = tmp_path / "away.yaml"
    away.write_text(yaml.safe_dump(config), encoding="utf-8")
    answer = program.at(away, "plant")("why", "p-1")
    assert answer.code == 3
    assert answer.err.startswith("error: the cluster at https://127.0.0.1:9 does not answer: ")
    assert "Connection refused" in answer.err


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the kubeconfig has no current context: name one with --context\nIt has none. Is it the right file?"),
        ("a: [", "cannot be used: while parsing a flow node"),
        ("- a", "cannot be used: 'list' object has no attribute 'get'"),
        ("{current-context: a, contexts: []}", "the kubeconfig has no context 'a'\nIt has none."),
        ("{current-context: a, contexts: [{name: a, context: {cluster: b, user: c}}]}", "cannot be used: "),
    ],
)
def test_a_broken_kubeconfig_is_no_crash(program: Program, tmp_path: Path, text: str, message: str) -> None:
    broken = tmp_path / "config"
    broken.write_text(text, encoding="utf-8")
    answer = program.at(broken, "plant")("why", "p-1")
    assert answer.code == 3
    assert message in answer.err


def test_a_login_that_is_over_says_so(program: Program, cluster: Cluster, tmp_path: Path) -> None:
    answer = program.at(changed_user(cluster, tmp_path, {"token": "old"}), "plant")("why", "p-1")
    assert answer.err.startswith("error: the cluster does not accept your credentials (401 Unauthorized)\nLog in again")


def test_a_login_that_gives_nothing_says_so(program: Program, cluster: Cluster, tmp_path: Path) -> None:
    answer = program.at(changed_user(cluster, tmp_path, {}), "plant")("why", "p-1")
    assert answer.err.startswith("error: the cluster does not know who you are: the kubeconfig gave no credentials")


def test_credentials_of_a_login_command_are_used(api: Api, program: Program, tmp_path: Path) -> None:
    user = yaml.safe_load(api.cluster.kubeconfig.read_text(encoding="utf-8"))["users"][0]["user"]
    pems = {
        "clientCertificateData": base64.b64decode(user["client-certificate-data"]).decode(),
        "clientKeyData": base64.b64decode(user["client-key-data"]).decode(),
    }
    version = "client.authentication.k8s.io/v1"
    credential = tmp_path / "credential.json"
    credential.write_text(
        json.dumps({"apiVersion": version, "kind": "ExecCredential", "status": pems}), encoding="utf-8"
    )
    login = {"exec": {"apiVersion": version, "command": "cat", "args": [str(credential)], "interactiveMode": "Never"}}
    api.apply(sensor_model())
    assert program.at(changed_user(api.cluster, tmp_path, login), api.namespace)("why", "p-1").code == 0


def changed_user(cluster: Cluster, folder: Path, user: Mapping[str, object]) -> Path:
    config = yaml.safe_load(cluster.kubeconfig.read_text(encoding="utf-8"))
    config["users"][0]["user"] = user
    path = folder / "changed.yaml"
    path.write_text(yaml.safe_dump(config), encoding="utf-8")
    return path


def test_a_name_that_is_nearly_right_is_corrected(api: Api, plugin: Program) -> None:
    api.apply(sensor_model("pump-17"))
    answer = plugin("why", "pump17")
    assert (3, f"error: namespace {api.namespace} has no SensorModel 'pump17'\nDid you mean pump-17?\n") == (
        answer.code,
        answer.err,
    )


def test_an_empty_namespace_is_told(api: Api, plugin: Program) -> None:
    assert "The namespace has none at all; choose another one with -n." in plugin("why", "p-1").err


def test_whoever_may_not_read_learns_the_verb_and_the_resource(api: Api, program: Program) -> None:
    answer = program.at(api.cluster.kubeconfig_for("visitor"), api.namespace)("why", "p-1")
    assert answer.code == 3
    assert answer.err.startswith(f"error: you are visitor, who may not get sensormodels in namespace {api.namespace}\n")
    assert "Needed is the verb get on sensormodels.sensormodel.io." in answer.err


def test_whoever_may_only_read_cannot_ask_for_a_training(api: Api, program: Program) -> None:
    api.apply(sensor_model())
    role = f"--namespace={api.namespace}"
    api.cluster.kubectl("create", "rolebinding", "viewers", "--clusterrole=view", "--user=viewer", role)
    viewer = program.at(api.cluster.kubeconfig_for("viewer"), api.namespace)
    assert viewer("why", "p-1").code == 0
    answer = viewer("retrain", "p-1")
    assert answer.code == 3
    assert "error: you are viewer, who may not patch sensormodels" in answer.err


def test_a_kind_that_is_not_served_says_how_to_install_it(api: Api) -> None:
    with pytest.raises(ClientError) as told:
        Asked.connect(api.cluster.kubeconfig, None, api.namespace).list("sensorthings")
    assert told.value.message == "the cluster does not know sensorthings.sensormodel.io: its CRD is not installed"
    assert told.value.remedy.endswith("kubectl apply --server-side -f crds/")


def test_kubectl_finds_the_plugin(api: Api, cluster: Cluster) -> None:
    api.apply(sensor_model())
    path = os.pathsep.join([str(Path(sys.executable).parent), str(cluster.bin), os.environ["PATH"]])
    ran = subprocess.run(
        ["kubectl", "sensormodel", "why", "p-1", "-n", api.namespace],
        env=os.environ | {"PATH": path, "KUBECONFIG": str(cluster.kubeconfig)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (0, f"SensorModel {api.namespace}/p-1, policy default") == (ran.returncode, ran.stdout.splitlines()[0])
