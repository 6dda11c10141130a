"""Promise: a contradiction in time is named with both facts; a date nobody knows is unknown and no contradiction."""

from datetime import UTC, datetime

import pytest

from server.core.ids import new_id
from server.domains.quality.chronology import Step, judge_chronology


def day(number: int, name: str) -> Step:
    return Step(name, datetime(2026, 3, number, tzinfo=UTC), "lot", new_id())


GOOD = {
    "material": {
        "received": day(1, "received"),
        "inspected_first": day(2, "inspected"),
        "inspected_last": day(2, "inspected"),
        "released": day(3, "released"),
        "used_first": day(4, "used"),
        "used_last": day(5, "used"),
        "expired": day(9, "expired"),
    },
    "finished": {
        "inputs_last": day(1, "inputs"),
        "produced": day(2, "produced"),
        "inspected_first": day(3, "inspected"),
        "inspected_last": day(3, "inspected"),
        "released": day(4, "released"),
        "shipped_first": day(5, "shipped"),
        "delivered_first": day(6, "delivered"),
    },
}


@pytest.mark.parametrize("kind", GOOD)
def test_the_right_order_has_no_violation(kind: str) -> None:
    judged = judge_chronology("L1", kind, GOOD[kind])
    assert (judged.violations, judged.unknown) == ((), ())


@pytest.mark.parametrize(
    ("kind", "key", "at", "code"),
    [
        ("material", "received", 3, "chronology_received_inspected"),
        ("material", "released", 1, "chronology_inspected_released"),
        ("material", "used_first", 2, "chronology_released_used"),
        ("material", "used_last", 10, "chronology_used_expired"),
        ("finished", "inputs_last", 3, "chronology_inputs_produced"),
        ("finished", "inspected_last", 1, "chronology_produced_inspected"),
        ("finished", "shipped_first", 3, "chronology_released_shipped"),
        ("finished", "delivered_first", 4, "chronology_shipped_delivered"),
    ],
)
def test_each_contradiction_is_named_with_both_facts(kind: str, key: str, at: int, code: str) -> None:
    moved = day(at, GOOD[kind][key].name)
    (violation,) = judge_chronology("L1", kind, {**GOOD[kind], key: moved}).violations
    assert violation.code == code
    assert moved in (violation.earlier, violation.later)


@pytest.mark.parametrize("name", ["produced", "begun"])
def test_nothing_is_made_after_it_expired(name: str) -> None:
    steps = {name: day(9, name), "expired": day(8, "expired")}
    assert [each.code for each in judge_chronology("L1", "material", steps).violations] == [
        f"chronology_{name}_expired"
    ]


def test_the_same_moment_is_in_order() -> None:
    steps = {key: step._replace(at=datetime(2026, 3, 1, tzinfo=UTC)) for key, step in GOOD["finished"].items()}
    assert judge_chronology("L1", "finished", steps).violations == ()


def test_missing_dates_are_unknown() -> None:
    judged = judge_chronology("L1", "material", {})
    assert (judged.violations, judged.unknown) == ((), ("received", "inspected", "released"))


@pytest.mark.parametrize(
    ("kind", "gone", "key", "at", "code"),
    [
        ("material", ("inspected_first", "inspected_last"), "received", 4, "chronology_received_released"),
        ("finished", ("inspected_first", "inspected_last"), "produced", 5, "chronology_produced_released"),
        ("finished", ("inspected_first", "inspected_last", "produced"), "begun", 5, "chronology_begun_released"),
        ("finished", ("inspected_first", "inspected_last", "produced"), "inputs_last", 5, "chronology_inputs_released"),
        ("material", ("used_first", "used_last"), "released", 10, "chronology_released_expired"),
        ("finished", ("shipped_first",), "delivered_first", 3, "chronology_released_delivered"),
        ("finished", ("released", "shipped_first"), "inspected_first", 7, "chronology_inspected_delivered"),
    ],
)
def test_a_step_without_a_date_hides_no_contradiction(
    kind: str, gone: tuple[str, ...], key: str, at: int, code: str
) -> None:
    steps = {name: step for name, step in GOOD[kind].items() if name not in gone} | {
        key: day(at, key.partition("_")[0])
    }
    assert [each.code for each in judge_chronology("L1", kind, steps).violations] == [code]
