"""Lists that MLflow gives page by page, followed to their end.

Used by the gateway's searches, and by the Python client for its own.
"""

from collections.abc import Callable, Iterator
from typing import Final, TypeVar

from mlflow.store.entities import PagedList

from model_operator.gateways.registry_failures import UnlikeMlflow

MOST_PAGES: Final = 5_000  # of a list that ends

_T = TypeVar("_T")


def all_pages(fetch: Callable[[str | None], PagedList[_T]]) -> Iterator[_T]:
    """The items of every page.

    Args:
        fetch: gives the page of a token; None: the first.

    Raises:
        UnlikeMlflow: the list has no end.
    """
    token, seen = None, set[str]()
    while True:
        page = fetch(token)
        yield from page
        token = page.token or None
        if token is None:
            return
        note_page(token, seen)


def note_page(token: str, seen: set[str]) -> None:
    """Remember the token of the next page; a page may be empty and still have a successor.

    Raises:
        UnlikeMlflow: the list has no end.
    """
    if token in seen or len(seen) >= MOST_PAGES:
        came = "the same page token came twice" if token in seen else f"more than {MOST_PAGES} pages came"
        raise UnlikeMlflow(f"{came}, so the list has no end")
    seen.add(token)
