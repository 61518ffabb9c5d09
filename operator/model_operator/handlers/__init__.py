"""Kopf, and nothing but Kopf: who is watched, and what the process does at its start and end."""
