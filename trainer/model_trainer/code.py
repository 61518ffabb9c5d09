"""Which code runs: the digest of its sources, the commit that they are of, and every package beside them.

A digest is always there and sees a changed file. A commit is what people look up; git tells it where the trainer runs
from a checkout, and an image has it baked in.
"""

import hashlib
import subprocess
from importlib.metadata import distributions
from pathlib import Path
from typing import Final

import model_contract
import model_trainer

_GIT_SECONDS: Final = 10.0


def code_digest() -> str:
    """sha256 over the Python files of trainer and contract, lower-case hexadecimal."""
    code = hashlib.sha256()
    for package in (model_contract, model_trainer):
        root = Path(package.__path__[0])
        for file in sorted(root.rglob("*.py")):
            code.update(f"{root.name}/{file.relative_to(root)}\n".encode() + file.read_bytes())
    return code.hexdigest()


def checked_out_revision() -> str | None:
    """The git commit, with "-dirty" after it where files were changed since; None where git does not know this code.

    A package that is installed below somebody's repository is no part of that.
    """
    trainer, contract = (package.__path__[0] for package in (model_trainer, model_contract))
    try:
        _git(trainer, "ls-files", "--error-unmatch", "__init__.py")
        changed = _git(trainer, "status", "--porcelain", "--", trainer, contract)
        return _git(trainer, "rev-parse", "HEAD") + ("-dirty" if changed else "")
    except (OSError, subprocess.SubprocessError):  # no git, no repository, or not in it
        return None


def installed_packages() -> dict[str, str]:
    """The version of every installed distribution, by name."""
    return dict(
        sorted({found.name: found.version for found in distributions()}.items(), key=lambda each: each[0].lower())
    )


def packages_text(packages: dict[str, str]) -> str:
    """The packages as a file of requirements."""
    return "".join(f"{name}=={version}\n" for name, version in packages.items())


def packages_digest(packages: dict[str, str]) -> str:
    """sha256 of the file of requirements, lower-case hexadecimal."""
    return hashlib.sha256(packages_text(packages).encode()).hexdigest()


def _git(folder: str, *arguments: str) -> str:
    command = ["git", "-C", folder, *arguments]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=_GIT_SECONDS)  # noqa: S603
    return done.stdout.strip()
