"""Log lines as JSON objects, one a line: machines read them, and no text from outside can forge a line.

Stable keys: ts, level, logger, message; where a line is about an object also namespace, name, kind; where it tells a
decision also reason; where it tells a bug also error.
"""

import json
import logging
from datetime import UTC, datetime
from typing import Any

_OBJECT_FIELDS = ("namespace", "name", "kind")


class JsonFormatter(logging.Formatter):
    """Our own lines and Kopf's, which name their object in the same attribute."""

    def format(self, record: logging.LogRecord) -> str:
        """One line."""
        line: dict[str, Any] = {
            "ts": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        about = getattr(record, "k8s_ref", None) or {}
        line |= {field: about[field] for field in _OBJECT_FIELDS if about.get(field)}
        if reason := getattr(record, "reason", None):
            line["reason"] = reason
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


def configure(level: str) -> None:
    """Send everything to standard error."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonFormatter())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for chatty in ("kopf", "asyncio", "aiohttp", "urllib3", "mlflow"):
        logging.getLogger(chatty).setLevel(max(logging.getLevelName(level), logging.WARNING))
