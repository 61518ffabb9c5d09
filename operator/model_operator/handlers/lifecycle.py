"""How Kopf behaves, how it logs in, and what happens at the start and the end of the process."""

from typing import Any, Final

import kopf

from model_operator.app import App
from model_operator.gateways.resources import Resource
from model_operator.handlers.storages import NoDiffBase, NoProgress

_SERVER_TIMEOUT: Final = (
    300  # seconds, a whole number; a watch that lives for ever may be deaf without anybody noticing
)
_CONNECT_TIMEOUT: Final = 10.0
_REQUEST_TIMEOUT: Final = 60.0
_PAGE: Final = 500  # objects, where lists are not streamed
_IDLE_WORKER: Final = 0.1  # seconds that Kopf keeps a task for an object without events


def register(registry: kopf.OperatorRegistry, app: App, *, streams_lists: bool) -> None:
    """Tie the app to the life of the process."""

    @kopf.on.login(registry=registry)
    async def login(**kwargs: Any) -> kopf.ConnectionInfo | None:
        return kopf.login_via_client(**kwargs)

    @kopf.on.startup(registry=registry)
    async def start(settings: kopf.OperatorSettings, **_: Any) -> None:
        configure(settings, streams_lists=streams_lists)
        app.start()

    @kopf.on.cleanup(registry=registry)
    async def stop(**_: Any) -> None:
        await app.stop()


def configure(settings: kopf.OperatorSettings, *, streams_lists: bool) -> None:
    """Watch, and do nothing else: no events, no annotations, no finalizers, no look at CRDs and namespaces.

    Args:
        settings: of Kopf.
        streams_lists: whether the API server can stream a list, which halves the memory that 1,000 objects need.
    """
    settings.posting.enabled = False
    settings.scanning.disabled = True
    settings.peering.standalone = True
    settings.persistence.diffbase_storage = NoDiffBase()
    settings.persistence.progress_storage = NoProgress()
    settings.queueing.idle_timeout = _IDLE_WORKER
    settings.networking.request_timeout = _REQUEST_TIMEOUT
    settings.networking.connect_timeout = _CONNECT_TIMEOUT
    settings.watching.server_timeout = _SERVER_TIMEOUT
    settings.watching.connect_timeout = _CONNECT_TIMEOUT
    settings.watching.initial_streaming = streams_lists
    settings.watching.chunk_size = _PAGE
    for place in (resource.value for resource in Resource):
        if place.label_selector:
            settings.watching.label_selectors[place.group, place.version, place.plural] = place.label_selector
