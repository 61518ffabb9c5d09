"""The Python client: what people and pipelines ask of Kubernetes and MLflow about sensor models.

Placeholder docstring.
"""
