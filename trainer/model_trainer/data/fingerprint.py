"""The identity of the telemetry that a model was trained on.

MLflow's own digests hash a sample of the head: an edited row in the middle keeps them. This one covers everything that
a training reads: names and order of the columns, and every time and reading of the window, sorted and each time once,
before missing readings are filled. It does not cover what does not change a training: names, formats and number of
files, the order of rows in them, columns and rows that are not read.
"""

import hashlib
import json
from typing import Final

import numpy as np

from model_trainer.data.telemetry import Floats, Times

BLOCK: Final = 65_536  # rows that are hashed at once; bounds memory


def data_digest(columns: tuple[str, ...], times: Times, values: Floats) -> str:
    """sha256 over column names, times and values, lower-case hexadecimal.

    The same on every machine; all missing readings (NaN) are alike, and so are 0.0 and -0.0.
    """
    digest = hashlib.sha256(json.dumps([columns, values.shape]).encode())
    for start in range(0, len(times), BLOCK):
        digest.update(times[start : start + BLOCK].astype("datetime64[ns]").astype("<i8").tobytes())
    for start in range(0, len(values), BLOCK):
        block = values[start : start + BLOCK]
        digest.update(np.where(np.isnan(block), np.nan, block + 0.0).astype("<f8").tobytes())
    return digest.hexdigest()
