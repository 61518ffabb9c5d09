"""How numbers are written where there is little room."""


def six_digits(value: float) -> float:
    """The number with six significant digits."""
    return float(f"{value:.6g}")
