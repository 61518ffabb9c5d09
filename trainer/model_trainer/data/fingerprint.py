"""The identity of the telemetry that a model was trained on.

MLflow's own digests hash a sample of the head: an edited row in the middle keeps them. This one covers everything.
"""

import hashlib
import json

import numpy as np

from model_trainer.data.telemetry import Floats, Times


def data_digest(columns: tuple[str, ...], times: Times, values: Floats) -> str:
    """sha256 over column names, times and values, lower-case hexadecimal.

    The same on every machine; all missing readings (NaN) are alike, and so are 0.0 and -0.0.
    """
    digest = hashlib.sha256(json.dumps([columns, values.shape]).encode())
    digest.update(times.astype("datetime64[ns]").astype("<i8").tobytes())
    plain = np.where(np.isnan(values), np.nan, values + 0.0)
    digest.update(plain.astype("<f8").tobytes())
    return digest.hexdigest()
