from bench.drift import quality_bars, speed_bars
from bench.drift_quality import Row as Rates
from bench.drift_speed import ImportRow, Row
from bench.table import Bar

TIMES = [
    Row("measure, 25 channels at once", 80.0, 1.0),
    Row("measure, 1000 channels at once", 90.0, 1.1),
    Row("build_profile, once per version", 3_500.0, 44.0),
    Row('scipy ks_2samp(method="asymp")', 960.0, 12.0),
]
IMPORTS = [ImportRow("model_contract.drift", 0.3, 58.0), ImportRow("numpy, scipy.stats", 0.6, 98.0)]


def rates(name: str, *, false_alarms: float = 0.0, two_in_a_row: float = 0.0) -> Rates:
    return Rates(name, 40, 40, (0.05, false_alarms, 0.0), two_in_a_row, (0.9, 0.8), 0.0, 0.0, {"mean+1": 0.7})


def values(bars: list[Bar]) -> list[float | None]:
    return [bar.value for bar in bars]


def test_speed_is_told_in_milliseconds_and_ratios() -> None:
    assert values(speed_bars(TIMES, IMPORTS)) == [12.0, 90.0, 3.5, 0.5, 58.0]


def test_quality_is_that_of_the_worst_kind() -> None:
    kinds = [rates("iid"), rates("AR .9", false_alarms=0.05), rates("AR .99"), rates("season m/4"), rates("season m")]
    shifting = rates("random walk", false_alarms=0.3, two_in_a_row=0.01)
    assert values(quality_bars([*kinds, shifting])) == [5.0, 1.0, 70.0, 70.0]
