"""How telemetry is found and opened, the same in the operator's worker, the trainer and the plugin.

`address` knows URIs and needs nothing; `store` and `dataset` import pyarrow and are imported only where files are read.
"""
