"""The story of `lint`: every object of the files through the cluster's checks, then through the operator's."""

import difflib
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, Final, NamedTuple

from kubectl_sensormodel.lint.admission import admission_faults
from kubectl_sensormodel.lint.files import Document, documents_in, faults_of, find_files
from kubectl_sensormodel.lint.meaning import Admitted, Identity, operator_faults, reference_faults
from kubectl_sensormodel.lint.problems import Fault, Level, Problem, written
from model_operator.api.base import API_VERSION, GROUP
from model_operator.api.crd import KINDS

_KINDS: Final = {kind.kind: kind for kind in KINDS}


class Report(NamedTuple):
    """What lint found."""

    problems: tuple[Problem, ...]
    checked: int  # objects of our kinds
    skipped: int  # objects of other kinds

    @property
    def summary(self) -> str:
        """One line about it all."""
        errors = sum(problem.level is Level.ERROR for problem in self.problems)
        warnings = len(self.problems) - errors
        found = [_counted(errors, "error"), _counted(warnings, "warning")]
        said = " and ".join(words for words in found if words) or "no errors"
        others = f", {_counted(self.skipped, 'object')} of other kinds not looked at" if self.skipped else ""
        if not self.checked and not self.problems:
            said = "no SensorModel and no RetrainingPolicy in these files"
            return said + others
        return f"{said} in {_counted(self.checked, 'object') or 'these files'}{others}"

    @property
    def is_fine(self) -> bool:
        """Whether cluster and operator would take everything."""
        return not any(problem.level is Level.ERROR for problem in self.problems)


def check_files(names: Iterable[str]) -> Report:
    """Check files offline.

    Args:
        names: files, folders, or `-` for the standard input.

    Raises:
        PluginError: a file cannot be read.
    """
    documents, problems = _read(names)
    ours = [document for document in documents if _is_ours(document.body)]
    admitted: list[tuple[Document, Admitted]] = []
    for document in ours:
        faults = tuple(_faults(document))
        problems += [_problem(document, fault) for fault in faults]
        if not faults:
            kind = _KINDS[document.body["kind"]]
            admitted.append((document, Admitted(kind, _identity(document.body), document.body)))
    named = Counter(_identity(document.body) for document in ours)
    all_admitted = [one for _, one in admitted]
    for document, one in admitted:
        faults = (*operator_faults(one), *reference_faults(one, named, all_admitted))
        problems += [_problem(document, fault) for fault in faults]
    in_order = sorted(problems, key=lambda problem: (problem.file, problem.line))
    return Report(tuple(in_order), len(ours), len(documents) - len(ours))


def _read(names: Iterable[str]) -> tuple[list[Document], list[Problem]]:
    """Every object of the files, and the files that could not be parsed."""
    documents: list[Document] = []
    problems: list[Problem] = []
    for file, text in find_files(names):
        for found in documents_in(file, text):
            if isinstance(found, Document):
                documents.append(found)
            else:
                problems.append(Problem(file=found.file, line=found.line, level=Level.ERROR, message=found.message))
    return documents, problems


def _faults(document: Document) -> Iterator[Fault]:
    """What the API server would say."""
    body = document.body
    yield from faults_of(document)
    kind = _KINDS.get(body.get("kind"))
    if kind is None:
        meant = difflib.get_close_matches(str(body.get("kind")), _KINDS, n=1)
        hint = f"did you mean {meant[0]}?" if meant else f"there are {' and '.join(_KINDS)}"
        yield Fault(("kind",), f"{GROUP} has no kind {body.get('kind')}; {hint}")
    elif body["apiVersion"] != API_VERSION:
        yield Fault(("apiVersion",), f"must be {API_VERSION}, found {body['apiVersion']}")
    else:
        yield from admission_faults(kind, body)


def _is_ours(body: Any) -> bool:
    """Whether an object is meant to be one of our kinds."""
    if not isinstance(body, dict):
        return False
    group = str(body.get("apiVersion", "")).split("/", maxsplit=1)[0]
    return group == GROUP or (body.get("kind") in _KINDS and "apiVersion" not in body)


def _identity(body: dict[str, Any]) -> Identity:
    metadata = body.get("metadata")
    named = metadata if isinstance(metadata, dict) else {}
    return Identity(str(body.get("kind")), str(named.get("namespace") or ""), str(named.get("name") or ""))


def _problem(document: Document, fault: Fault) -> Problem:
    kind, _, name = _identity(document.body)
    return Problem(
        file=document.file,
        line=document.line_of(fault.path),
        kind=kind if kind in _KINDS else "",
        name=name,
        field=written(fault.path),
        level=fault.level,
        message=fault.message,
    )


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}" if number else ""
