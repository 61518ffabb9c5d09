"""Measurements of the project by its own programs; each module prints a table that says how it was made."""
