"""What each reason means and what a person can do, from `docs/spec/reasons.md`.

The page is the only place where these texts are written. `python -m kubectl_sensormodel.advice` (part of
`make generate`) copies its rows to `reasons.json`, which the package carries; with `--check` it only compares.
"""

import json
import re
import sys
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

PAGE: Final = Path("docs/spec/reasons.md")
_CARRIED: Final = Path(__file__).with_name("reasons.json")
_ROW: Final = re.compile(r"^\| `(?P<reason>\w+)` \| (?P<means>.+?) \| (?P<remedy>.+?) \|$")
_NOTHING: Final = "Nothing"


class Advice(NamedTuple):
    """One row of the page."""

    means: str
    remedy: str
    section: str  # anchor of the section of the page that holds the row

    @property
    def asks_for_nothing(self) -> bool:
        """Whether the row says that there is nothing to do."""
        return self.remedy.startswith(_NOTHING)

    @property
    def link(self) -> str:
        """Where the row stands."""
        return f"{PAGE}#{self.section}"


def advice_for(reason: str) -> Advice | None:
    """The row of a reason; None for one that this version does not know."""
    return _carried().get(reason)


def rows_of(page: str) -> dict[str, Advice]:
    """The rows of the page, by reason."""
    rows, section = {}, ""
    for line in page.splitlines():
        if line.startswith("## "):
            section = re.sub(r"[^\w -]", "", line.removeprefix("## ")).strip().lower().replace(" ", "-")
        elif row := _ROW.match(line):
            rows[row["reason"]] = Advice(row["means"].replace("\\|", "|"), row["remedy"].replace("\\|", "|"), section)
    return rows


def render(page: str) -> str:
    """The contents of `reasons.json`."""
    rows = {reason: advice._asdict() for reason, advice in rows_of(page).items()}
    return json.dumps(rows, indent=1, ensure_ascii=False) + "\n"


@cache
def _carried() -> dict[str, Advice]:
    rows = json.loads(_CARRIED.read_text(encoding="utf-8"))
    return {reason: Advice(**row) for reason, row in rows.items()}


def main(arguments: list[str]) -> int:
    """Write or check `reasons.json`, from the root of the repository."""
    wanted = render(PAGE.read_text(encoding="utf-8"))
    present = _CARRIED.read_text(encoding="utf-8") if _CARRIED.exists() else ""
    if "--check" in arguments and present != wanted:
        sys.stderr.write(f"{_CARRIED.name} of the plugin is not that of {PAGE}. Run: make generate\n")
        return 1
    if present != wanted:
        _CARRIED.write_text(wanted, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
