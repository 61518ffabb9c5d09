"""One bounded session to the API server: dicts in, dicts out, every call with a time-out.

Used by `kube.py` and by nothing else. Configuration, TLS and token refresh are those of `kubernetes.aio`; its generated
methods are not used, because they build a pydantic object for every field of every answer.
"""

import ssl
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, Final, Self
from urllib.parse import urlencode, urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp
from kubernetes.aio.client import ApiClient, Configuration
from kubernetes.aio.config import ConfigException, load_incluster_config, load_kube_config
from pydantic_core import from_json

from model_operator.gateways.errors import Transient
from model_operator.gateways.protocols import always
from model_operator.gateways.responses import failure

JSON: Final = "application/json"
MERGE_PATCH: Final = "application/merge-patch+json"
APPLY_PATCH: Final = "application/apply-patch+yaml"  # JSON is YAML

_USER_AGENT: Final = "sensor-model-operator"


class ApiServer:
    """The API server behind one `kubernetes.aio` client.

    Args:
        client: configured; this object closes it.
        timeout_seconds: of one call, connecting included.
        may_write: asked before every write; writes that it forbids are not sent.
    """

    def __init__(self, client: ApiClient, *, timeout_seconds: float, may_write: Callable[[], bool] = always) -> None:
        self._client = client
        self._may_write = may_write
        self._client.user_agent = _USER_AGENT
        self._host: str = client.configuration.host.rstrip("/")
        self._timeout = aiohttp.ClientTimeout(total=timeout_seconds, connect=min(timeout_seconds, 5.0))

    @classmethod
    async def connect(
        cls,
        *,
        kubeconfig: str | None,
        context: str | None,
        connections: int,
        timeout_seconds: float,
        may_write: Callable[[], bool] = always,
    ) -> Self:
        """A session from a kubeconfig, or from the pod's service account.

        Args:
            kubeconfig: path of the file; None: the service account when there is one, else KUBECONFIG or
                ~/.kube/config.
            context: of the kubeconfig; None: its current context.
            connections: that may be open at once.
            timeout_seconds: of one call.
            may_write: asked before every write; writes that it forbids are not sent.

        Raises:
            ConfigException: neither gives a configuration.
        """
        configuration = Configuration()
        configuration.connection_pool_maxsize = connections
        if kubeconfig is not None or context is not None or not _load_service_account(configuration):
            await load_kube_config(config_file=kubeconfig, context=context, client_configuration=configuration)
        # By itself aiohttp has two threads look for a proxy and a netrc at every request: a third of the CPU of a call.
        configuration.proxy = configuration.proxy or _proxy_of_environment(configuration.host)
        configuration.client_session_kwargs = {"trust_env": False, "cookie_jar": aiohttp.DummyCookieJar()}
        return cls(ApiClient(configuration), timeout_seconds=timeout_seconds, may_write=may_write)

    async def close(self) -> None:
        """Close the session."""
        await self._client.close()

    async def get(self, path: str, query: Mapping[str, str | int] | None = None) -> dict[str, Any]:
        """GET a path."""
        return await self._call("GET", path, query)

    async def post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """POST a manifest."""
        return await self._call("POST", path, None, body, JSON)

    async def patch(
        self, path: str, body: Mapping[str, Any], *, content_type: str, query: Mapping[str, str | int] | None = None
    ) -> dict[str, Any]:
        """PATCH an object, with one of the content types above."""
        return await self._call("PATCH", path, query, body, content_type)

    async def _call(
        self,
        method: str,
        path: str,
        query: Mapping[str, str | int] | None = None,
        body: Mapping[str, Any] | None = None,
        content_type: str = JSON,
    ) -> dict[str, Any]:
        headers = {**self._client.default_headers, "Accept": JSON, "Content-Type": content_type}
        call = f"{method} {path}"
        if method != "GET" and not self._may_write():
            raise Transient(f"{call}: not sent, because this process does not lead")
        url = f"{self._host}{path}" + (f"?{urlencode(query)}" if query else "")
        try:
            await self._client.update_params_for_auth(headers, [], ["BearerToken"], path, method, body)
            response = await self._client.rest_client.request(
                method, url, headers=headers, body=body, _request_timeout=self._timeout
            )
            answer = await response.read()
        except TimeoutError as error:
            raise Transient(f"{call}: no answer within {self._timeout.total:g} s") from error
        except (aiohttp.ClientError, OSError, ssl.SSLError) as error:
            raise Transient(f"{call}: {self._host}: {error or type(error).__name__}") from error
        if response.status >= HTTPStatus.MULTIPLE_CHOICES:
            raise failure(call, response.status, response.headers, answer)
        try:
            parsed: dict[str, Any] = from_json(answer)
        except ValueError as error:
            raise Transient(f"{call}: the answer is no JSON: {error}") from error
        return parsed


def _proxy_of_environment(url: str) -> str | None:
    parts = urlsplit(url)
    return None if proxy_bypass(parts.hostname or "") else getproxies().get(parts.scheme)


def _load_service_account(configuration: Configuration) -> bool:
    """Whether this process runs in a pod with a service account, which then fills the configuration."""
    try:
        load_incluster_config(client_configuration=configuration)
    except ConfigException:
        return False
    return True
