"""Judging what one form holds: measured fields against their yardsticks, the rest against the form."""

from collections.abc import Mapping
from typing import Any, NamedTuple
from uuid import UUID

from server.core.errors import FieldError
from server.core.impossible import ImpossibleValue
from server.domains.quality.commands import FormUi
from server.domains.quality.comparing import Verdict
from server.domains.quality.forms import Checked
from server.domains.quality.judging import Yardstick
from server.domains.quality.limits import SET_NAMES
from server.domains.quality.problems import impossible
from server.domains.quality.results import Result
from server.domains.quality.verdicts import BLANK, Judged, record_verdict

FORM_RANGE = "range"  # stands among the failed sets where a value is beyond the range the form itself states


class Measured(NamedTuple):
    """One result of a field: several samples of one field are several, numbered from 1."""

    field: str
    yardstick: Yardstick
    judged: Judged
    sample_no: int | None = None


class Warned(NamedTuple):
    """Something accepted that a person should see; the text is `quality.warning.<code>` with `title` and `params`."""

    field: str
    title: str
    code: str
    params: Mapping[str, Any]

    @property
    def red(self) -> bool:
        """Outside what is required."""
        return self.code in ("out_of_range", "limit_failed")


class Entry(NamedTuple):
    """A judged form. Where `errors` is not empty nothing else counts."""

    measured: tuple[Measured, ...]
    verdict: Verdict
    failed_sets: tuple[str, ...]
    warning: bool
    warned: tuple[Warned, ...]
    errors: tuple[FieldError, ...]


def judge_entry(checked: Checked, ui: FormUi, yardsticks: Mapping[UUID, Yardstick], titles: Mapping[str, str]) -> Entry:
    """`titles` names every measured field. A value beyond the form's own range fails the record as `range`, which is no
    limit set: nothing legal failed, and no limit has to exist. It is a warning too, so that a lot counts it."""
    measured: list[Measured] = []
    errors: list[FieldError] = []
    for field, hints in ui.fields.items():
        if hints.characteristic_id is None:
            continue
        try:
            raw = checked.values.get(field)
            measured += _judge_field(field, raw, hints.unit, yardsticks[hints.characteristic_id])
        except ImpossibleValue as error:
            errors.append(impossible(f"values.{field}", error, {"title": titles.get(field, field)}))
    limited = [each for each in measured if each.yardstick.limits_json is not None]
    verdict = record_verdict((each.judged.judgement for each in limited), has_missing=bool(checked.missing))
    failed: set[str] = {name for each in limited for name in each.judged.judgement.failed}
    if checked.red:
        verdict, failed = "fail", failed | {FORM_RANGE}
    warned = tuple(_warnings(checked, limited, titles))
    return Entry(
        tuple(measured), verdict, tuple(name for name in (*SET_NAMES, FORM_RANGE) if name in failed),
        bool(checked.red) or any(each.judged.judgement.warning for each in limited), warned, tuple(errors),
    )  # fmt: skip


def _judge_field(field: str, raw: Any, unit: str | None, yardstick: Yardstick) -> list[Measured]:
    if isinstance(raw, dict):
        if not {"value"} <= raw.keys() <= {"value", "unit"} or not isinstance(raw.get("unit", ""), str):
            raise ImpossibleValue("value_impossible", value=str(raw)[:40])
        raw, unit = raw["value"], raw.get("unit", unit)
    if isinstance(raw, list) and yardstick.characteristic.basis.kind != "count":
        samples = [yardstick.judge(each, unit) for each in raw]
        return [Measured(field, yardstick, each, number) for number, each in enumerate(samples, 1)]
    judged = yardstick.judge(raw, unit)
    # An optional blank leaves no row; a blank that had to be filled in stands there, not judged.
    return [] if judged == BLANK and not yardstick.required else [Measured(field, yardstick, judged)]


def _warnings(checked: Checked, limited: list[Measured], titles: Mapping[str, str]) -> list[Warned]:
    found = [Warned(each.field, each.title, "out_of_range", {}) for each in checked.red]
    found += [Warned(each.field, each.title, "to_complete", {}) for each in checked.missing]
    missing = {each.field for each in checked.missing}
    for each in limited:
        title = titles.get(each.field, each.field)
        judgement = each.judged.judgement
        if judgement.failed:
            found.append(Warned(each.field, title, "limit_failed", {"sets": list(judgement.failed)}))
        elif judgement.verdict == "not_judged" and each.field not in missing:
            found.append(Warned(each.field, title, "not_judged", {}))
        elif judgement.warning:
            found.append(Warned(each.field, title, "warning_range", {}))
    return found


def result_columns(results: tuple[Result, ...]) -> tuple[Any, str | None, str | None, list[int] | None]:
    """(value, qualifier, option, counts) as a measurement keeps them.

    `option` holds what no number can: the choice, "detected", or counts of which some are not plain numbers.
    """
    if not results:
        return None, None, None, None
    if len(results) > 1:
        counts = [int(each.value) for each in results if each.value is not None and _is_count(each)]
        return (None, None, None, counts) if len(counts) == len(results) else (None, None, show_results(results), None)
    only = results[0]
    if only.qualifier == "detected":
        return None, None, "detected", None
    return only.value, only.qualifier or None, only.choice, None


def _is_count(result: Result) -> bool:
    value = result.value
    return not result.qualifier and value is not None and value == value.to_integral_value() and abs(value) < 2**31


def show_results(results: tuple[Result, ...]) -> str:
    """The results as text that reads back to the same results, in no particular language."""
    return "; ".join(_show(each) for each in results)


def _show(result: Result) -> str:
    if result.choice is not None:
        return result.choice
    if result.qualifier == "not_detected":
        return "ND" if result.value is None else f"ND(<{result.value:f})"
    if result.qualifier == "detected" or result.value is None:
        return "detected"
    return f"{result.qualifier}{result.value:f}"
