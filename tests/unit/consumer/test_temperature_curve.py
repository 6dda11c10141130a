"""The temperature curve keeps every extreme and calls a broken limit broken."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from miniprogram_api.consumer.curve import HEIGHT, MOST_BUCKETS, WIDTH, draw
from miniprogram_api.consumer.snapshot import Temperature

START = datetime(2026, 10, 30, tzinfo=UTC)


def readings(values: list[float], **limits: float) -> Temperature:
    points = [(START + timedelta(minutes=n), value) for n, value in enumerate(values)]
    return Temperature(unit="℃", points=points, **limits)


@given(st.lists(st.floats(-60, 60), min_size=2, max_size=900))
@settings(derandomize=True, deadline=None, max_examples=60)
def test_extremes_are_drawn_inside_the_box(values: list[float]) -> None:
    curve = draw(readings(values, limit_high=8.0, limit_low=2.0))
    assert curve is not None
    points = [tuple(map(float, point.split())) for point in curve.path.removeprefix("M").split("L")]
    assert len(points) <= 2 * MOST_BUCKETS + 2
    assert [points[0][0], points[-1][0]] == [0, WIDTH]
    assert all(0 <= y <= HEIGHT for _, y in points)
    assert (curve.highest, curve.lowest) == (max(values), min(values))
    assert curve.outside == (max(values) > 8 or min(values) < 2)


def test_one_spike_in_a_thousand_readings_is_seen() -> None:
    values = [4.0] * 1000
    values[517] = 9.5
    curve = draw(readings(values, limit_high=8.0))
    assert curve is not None
    assert curve.outside
    heights = [float(point.split()[1]) for point in curve.path.removeprefix("M").split("L")]
    assert curve.high_y is not None
    assert min(heights) < curve.high_y


@pytest.mark.parametrize("values", [[], [4.0]])
def test_too_few_readings_are_no_curve(values: list[float]) -> None:
    assert draw(readings(values)) is None


def test_no_limits_no_judgement() -> None:
    curve = draw(readings([4.0, 4.0]))
    assert curve is not None
    assert (curve.high_y, curve.low_y, curve.outside) == (None, None, False)
