"""Trains one model for one sensor, judges it beside its champion and registers it in MLflow.

Runs as a Kubernetes Job: one `TrainingTask` in, one registered version and one `TrainingOutcome` out.
"""
