"""The only I/O of the operator: the API server, MLflow, and the worker processes that read telemetry."""
