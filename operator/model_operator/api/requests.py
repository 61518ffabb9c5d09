"""What people ask of the operator by annotation: names, and the one way in which values are read.

A value is acted on once and echoed in the status. The core reads requests here, and so does the kubectl plugin.
"""

import re
from collections.abc import Mapping
from typing import Final

from model_operator.api.base import GROUP

RETRAIN_REQUEST: Final = f"{GROUP}/retrain-requested-at"  # of a SensorModel
PROMOTE_REQUEST: Final = f"{GROUP}/promote-version"  # of a SensorModel
RELEASE_REQUEST: Final = f"{GROUP}/release-requested-at"  # of a RetrainingPolicy
PIN: Final = "spec.productionVersion"  # of a SensorModel: no annotation, but it is known in the same way who set it
_LONGEST: Final = 256  # characters, a limit of the status that echoes it
_TIME: Final = re.compile(r"(^|/)\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:?\d\d)$")  # at the end of a request (RFC 3339)


def request_in(annotations: Mapping[str, str], name: str) -> str | None:
    """The value of a request, as it is echoed; None without one."""
    return annotations.get(name, "").strip()[:_LONGEST] or None


def person_in(value: str) -> str | None:
    """Who asks, as the value of a request tells it: `7@NAME/TIME`, `7@NAME` or `7@TIME`; nobody has checked it.

    Returns:
        The name, which may itself hold `/` and `@`; None: not told.
    """
    return _TIME.sub("", value.partition("@")[2].strip()).strip() or None
