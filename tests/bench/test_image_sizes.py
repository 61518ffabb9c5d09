"""Sizes of images as a table and as bars."""

import pytest

from bench.image_sizes import LIMITS, ImageSize, bars, megabytes, packages, table


@pytest.mark.parametrize(("said", "expected"), [("722 MB", 722.0), ("1.62 GB", 1620.0)])
def test_a_size_is_read_as_buildah_says_it(said: str, expected: float) -> None:
    assert megabytes(said) == pytest.approx(expected)


def test_shared_libraries_belong_to_their_package() -> None:
    assert packages({"numpy": 27_000_000, "numpy.libs": 28_000_000}) == {"numpy": 55.0}


def test_the_largest_packages_have_rows_and_what_is_not_built_says_so() -> None:
    sizes = {
        "operator": ImageSize(722.0, {"numpy": 55.0, "kopf": 1.0}),
        "trainer": ImageSize(1620.0, {"tensorflow": 837.0, "numpy": 55.0}),
    }
    assert table(sizes).rows == (
        ("the whole image", "722", "1620", "not built"),
        ("tensorflow", "-", "837", "-"),
        ("numpy", "55", "55", "-"),
    )


def test_a_bar_is_met_not_met_or_not_measured() -> None:
    sizes = {"operator": ImageSize(LIMITS["operator"], {}), "trainer": ImageSize(LIMITS["trainer"] + 1, {})}
    assert [bar.verdict for bar in bars(sizes)] == ["ok", "not met", "not measured"]


def test_where_nothing_is_built_there_is_a_table_all_the_same() -> None:
    assert table({}).rows == (("the whole image", "not built", "not built", "not built"),)
