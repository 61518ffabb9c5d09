"""Telemetry: from files to clean, split and scaled rows. Nothing here knows a model."""
