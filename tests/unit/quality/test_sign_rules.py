"""Promise: bursts, the same numbers again and again, and a day's entries heaped at its end are seen; honest work, and many things
scanned into one check, are not."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from server.core.ids import new_id
from server.domains.quality.inspection.sign_rules import Made, signs_of

START = datetime(2026, 3, 16, tzinfo=UTC)


def made(seconds: float, *numbers: str, check: UUID | None = None) -> Made:
    return Made(new_id(), check, "F", START + timedelta(seconds=seconds), tuple(map(Decimal, numbers)))


def kinds(entries: list[Made]) -> list[tuple[str, int]]:
    return [(sign.kind, sign.times) for sign in signs_of(entries)]


def test_forty_an_hour_is_honest_work() -> None:
    assert kinds([made(n * 90, f"3.{n}") for n in range(40)]) == []


def test_ten_within_a_minute_are_a_burst_and_a_second_burst_is_another() -> None:
    assert kinds([made(n * 6) for n in range(10)]) == [("burst", 10)]
    assert kinds([made(n * 7) for n in range(10)]) == []
    both = [made(n * 2) for n in range(12)] + [made(3600 + n * 2) for n in range(15)]
    assert kinds(both) == [("burst", 12), ("burst", 15)]


def test_many_things_scanned_into_one_check_are_one_entry() -> None:
    check = new_id()
    assert kinds([made(n, "3.40", check=check) for n in range(200)]) == []


def test_the_same_numbers_five_times_in_a_row() -> None:
    same = [made(n * 600, "3.41", "2.95") for n in range(5)]
    assert kinds(same) == [("identical_values", 5)]
    assert kinds([*same[:4], made(9000, "3.41", "2.96")]) == []
    assert kinds([made(n * 600) for n in range(9)]) == []  # options and all-pass are alike as they should be


def test_a_day_entered_at_its_end() -> None:
    spread = [made(n * 3600) for n in range(3)]
    heaped = [made(8 * 3600 + n * 60) for n in range(12)]
    assert kinds([*spread, *heaped]) == [("at_shift_end", 12)]
    assert kinds(heaped) == []  # a short shift is all end
    assert kinds([made(n * 1800) for n in range(16)]) == []
