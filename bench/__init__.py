"""Measurements of the project by its own programs; each module prints a table that says how it was made."""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # read when numpy is loaded, which every module does after this
