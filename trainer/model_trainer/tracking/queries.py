"""Filters for MLflow's searches."""


def tagged(key: str, value: str) -> str:
    """The filter for things with a tag."""
    return f"tags.`{key}` = {quoted(value)}"


def quoted(value: str) -> str:
    """A string literal; MLflow knows no escapes, but both kinds of quotes."""
    return f'"{value}"' if "'" in value else f"'{value}'"
