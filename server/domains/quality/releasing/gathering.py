"""The points of many lots at once, from everything that knows something of them: a few statements, however many lots."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from server.domains import chain
from server.domains.chain.labels.coding import last_day
from server.domains.quality import inspection, nonconformity
from server.domains.quality.abnormal_samples import abnormal_samples
from server.domains.quality.chronology import Chronology
from server.domains.quality.nonconformity.failures import Unanswered, customer_failures
from server.domains.quality.nonconformity.law import release_bars
from server.domains.quality.releasing.inputs import doubtful_inputs, parts_outside_law
from server.domains.quality.releasing.points import Point
from server.domains.quality.releasing.rejected import rejections_standing
from server.domains.quality.releasing.running import running_operations
from server.domains.quality.rollup import LotQuality

Points = dict[UUID, list[Point]]
UNTOLD_PERCENT = 2
"""What a balance may leave unexplained without a word where the product sets no tolerance."""


class Facts(NamedTuple):
    """What is known of the lots already. `speaking`: whose records speak for each; `conceded`: used under a concession;
    `failing`: some record of whose goods fails; `failing_pieces`: how many single pieces of them do, which stay behind;
    `made`: something went into them; `moved`: goods of other lots became them; `corrected`: what was entered
    of them was put right later; `parted`: they, or what they were parted from, have parts; `operated`: they, or
    those goods, came out of an operation; `looked_at`: samples of this enterprise looked abnormal; `rejected`: they are rejected now."""

    lot_ids: Sequence[UUID]
    speaking: Mapping[UUID, Collection[UUID]]
    quality: Mapping[UUID, LotQuality]
    holds: Mapping[UUID, list[dict[str, Any]]]
    chronology: Mapping[UUID, Chronology]
    conceded: Sequence[UUID]
    failing: Sequence[UUID]
    failing_pieces: Mapping[UUID, int]
    made: Sequence[UUID]
    moved: Sequence[UUID]
    corrected: Sequence[UUID]
    parted: Sequence[UUID]
    operated: Sequence[UUID]
    looked_at: Sequence[UUID]
    rejected: Sequence[UUID]


async def gather(tenant_id: UUID, facts: Facts) -> tuple[Points, Points]:
    """(missing, unusual) by lot."""
    missing: Points = defaultdict(list)
    unusual: Points = defaultdict(list)
    lot_ids = facts.lot_ids
    for lot_id in lot_ids:
        missing[lot_id] += _of_facts(facts.quality[lot_id], facts.holds.get(lot_id, []), facts.chronology[lot_id])
        unusual[lot_id] += _of_values(facts.quality[lot_id])
    if facts.rejected:
        await _rejections(tenant_id, facts.rejected, missing)
    if facts.made:
        await _inputs(tenant_id, facts.made, unusual)
    if facts.parted:
        await _parts(tenant_id, facts.parted, unusual)
    for lot_id, count in facts.failing_pieces.items():
        unusual[lot_id].append(Point("inspection.unusual.pieces_failing", {"count": count}, mandatory=False))
    for lot_id, bars in (await release_bars(tenant_id, lot_ids)).items():
        missing[lot_id] += [Point(f"error.{bar.code}", bar.params) for bar in bars]
    if facts.failing:
        await _customers_limit(tenant_id, facts.failing, missing)
    if facts.corrected:
        await _corrections(tenant_id, facts.corrected, unusual)
    await _inspections(tenant_id, lot_ids, missing)
    if facts.operated:
        await _running(tenant_id, {lot_id: facts.speaking[lot_id] for lot_id in facts.operated}, unusual)
    await _entries(tenant_id, facts, missing, unusual)
    await _nonconformities(tenant_id, lot_ids, missing)
    if facts.looked_at:
        await _samples(tenant_id, facts.looked_at, missing)
    if facts.conceded:
        await _concessions(tenant_id, facts.conceded, unusual)
    await _materials(tenant_id, lot_ids, missing, unusual)
    if facts.moved:
        await _balances_of_origins(tenant_id, facts.moved, missing)
    return missing, unusual


def _of_facts(quality: LotQuality, holds: list[dict[str, Any]], chronology: Chronology) -> list[Point]:
    points = [
        Point("error.release_lot_on_hold", {"reason": hold["reason"] or hold["cause"]}, refers_to=hold["id"])
        for hold in holds
    ]
    points += [
        Point(f"error.{code}", {"earlier": earlier.at, "later": later.at}, refers_to=later.id)
        for code, earlier, later in chronology.violations
    ]
    if not quality.records:
        points.append(Point("error.release_no_record", {}, mandatory=False, awaited=True))
    elif quality.not_judged:
        points.append(Point("error.release_not_judged", {"count": quality.not_judged}, mandatory=False, awaited=True))
    return points


def _of_values(quality: LotQuality) -> list[Point]:
    points = []
    if quality.fails > quality.legal_fails:
        points.append(
            Point("error.release_limit_failed", {"count": quality.fails - quality.legal_fails}, mandatory=False)
        )
    if quality.warnings:
        points.append(Point("error.release_in_warning_range", {"count": quality.warnings}, mandatory=False))
    return points


async def _rejections(tenant_id: UUID, lot_ids: Sequence[UUID], missing: Points) -> None:
    for lot_id, found in (await rejections_standing(tenant_id, lot_ids)).items():
        params = {"name": found.signer_name, "at": found.signed_at, "remark": found.remark or "—"}
        missing[lot_id].append(Point("error.release_rejected_before", params))


async def _samples(tenant_id: UUID, lot_ids: Sequence[UUID], missing: Points) -> None:
    for lot_id, found in (await abnormal_samples(tenant_id, lot_ids)).items():
        for each in found:
            params = {"sample": each.sample_no, "at": each.observed_at, "remark": each.remark or "—"}
            missing[lot_id].append(Point("error.release_sample_abnormal", params, refers_to=each.id))


async def _corrections(tenant_id: UUID, lot_ids: Sequence[UUID], unusual: Points) -> None:
    """What was put right of the lots themselves, such as the day they expire."""
    for each in await chain.corrections(tenant_id, lot_ids):
        params = {"name": each["actor_name"], "at": each["at"], "reason": each["reason"]}
        unusual[each["lot_id"]].append(Point("inspection.unusual.lot_corrected", params, mandatory=False))


async def _inputs(tenant_id: UUID, lot_ids: Sequence[UUID], unusual: Points) -> None:
    for lot_id, found in (await doubtful_inputs(tenant_id, lot_ids)).items():
        for each in found:
            params = {"input": each.lot_no, "reason": each.reason or "", "customer": each.customer or ""}
            unusual[lot_id].append(
                Point(f"inspection.unusual.input_{each.doubt}", params, mandatory=False, refers_to=each.id)
            )


async def _parts(tenant_id: UUID, lot_ids: Sequence[UUID], unusual: Points) -> None:
    for lot_id, found in (await parts_outside_law(tenant_id, lot_ids)).items():
        unusual[lot_id] += [
            Point("inspection.unusual.part_outside_law", {"part": lot_no}, mandatory=False, refers_to=part)
            for part, lot_no in found
        ]


async def _customers_limit(tenant_id: UUID, lot_ids: Sequence[UUID], missing: Points) -> None:
    for lot_id, found in (await customer_failures(tenant_id, lot_ids)).items():
        missing[lot_id] += [await _of_failure(tenant_id, each) for each in found]


async def _of_failure(tenant_id: UUID, each: Unanswered) -> Point:
    """Of a check on the run with all that was made since the last good one, or, where there was none, from the beginning."""
    params: dict[str, Any] = {"names": each.names, "at": each.at}
    reach = await inspection.reach_of(tenant_id, each.record_id) if each.on_the_run else None
    if reach is None:
        return Point("error.release_customer_limit_failed", params, refers_to=each.record_id)
    quantities = (f"{quantity.normalize():f} {unit}".strip() for unit, quantity in reach.quantities.items())
    params["since"] = reach.since or min((lot.first_at for lot in reach.lots), default=each.at)
    params |= {"quantity": "、".join(quantities) or "—", "lots": max(1, reach.lots_in_all)}
    counted = "uncounted" if reach.unknown_quantities or not reach.quantities else "failed"
    return Point(f"error.release_patrol_{counted}", params, refers_to=each.record_id)


async def _inspections(tenant_id: UUID, lot_ids: Sequence[UUID], missing: Points) -> None:
    for lot_id, found in (await inspection.inspections_open(tenant_id, lot_ids)).items():
        missing[lot_id] += [_of_inspection(each) for each in found]


async def _running(tenant_id: UUID, speaking: Mapping[UUID, Collection[UUID]], unusual: Points) -> None:
    for lot_id, found in (await running_operations(tenant_id, speaking)).items():
        unusual[lot_id] += [
            Point(
                "inspection.unusual.operation_running", {"name": each.name, "since": each.started_at}, mandatory=False
            )
            for each in found
        ]


def _of_inspection(each: inspection.OpenInspection) -> Point:
    """One that failed is not awaited any more: no urgent release goes ahead of it."""
    if each.failed and each.rejected_left:
        quantity = f"{each.rejected_left.normalize():f} {each.unit or ''}".strip()
        params: dict[str, Any] = {"plan": each.plan_name, "at": each.done_at, "quantity": quantity}
        return Point("error.release_rejected_not_parted", params, each.mandatory, refers_to=each.inspection_id)
    if each.failed:
        params = {"plan": each.plan_name, "at": each.done_at}
        return Point("error.release_inspection_failed", params, each.mandatory, refers_to=each.inspection_id)
    key = "error.release_inspection_missed" if each.missed else "error.release_inspection_due"
    params = {"plan": each.plan_name, "due_at": each.due_at}
    return Point(key, params, each.mandatory, awaited=True, refers_to=each.inspection_id)


async def _entries(tenant_id: UUID, facts: Facts, missing: Points, unusual: Points) -> None:
    documented = [lot_id for lot_id, quality in facts.quality.items() if quality.documents]
    for lot_id, found in (await inspection.entries_unusual(tenant_id, facts.speaking, documented)).items():
        for each in found:
            if each.blocking:
                missing[lot_id].append(Point(f"error.release_{each.kind}", each.params, refers_to=each.record_id))
            else:
                key = f"inspection.unusual.{each.kind}"
                unusual[lot_id].append(Point(key, each.params, mandatory=False, refers_to=each.record_id))


async def _nonconformities(tenant_id: UUID, lot_ids: Sequence[UUID], missing: Points) -> None:
    for lot_id, found in (await nonconformity.nonconformities_open(tenant_id, lot_ids)).items():
        missing[lot_id] += [
            Point("error.release_nonconformity_open", {"number": each.number, "defect": each.defect}, refers_to=each.id)
            for each in found
        ]


async def _concessions(tenant_id: UUID, lot_ids: Sequence[UUID], unusual: Points) -> None:
    for lot_id, conceded in (await nonconformity.concessions_in_force(tenant_id, lot_ids)).items():
        params = {"quantity": f"{conceded.left.normalize():f} {conceded.unit or ''}".strip(), "until": conceded.until}
        key = "error.release_conceded"
        if conceded.customer is not None:
            key, params = f"{key}_for", params | {"customer": conceded.customer}
        unusual[lot_id].append(Point(key, params, mandatory=False, refers_to=conceded.id))


def _by_day(params: Mapping[str, Any]) -> dict[str, Any]:
    """What a finding about charging says, with the last good days in place of the moments of expiry."""
    ends = {name: value for name, value in params.items() if name.endswith("_expires_at")}
    days = {
        f"{name.removesuffix('_at')}_on": last_day(datetime.fromisoformat(value)) if value else "—"
        for name, value in ends.items()
    }
    return {name: value for name, value in params.items() if name not in ends} | days


def _told(percent: Decimal | None) -> str:
    """As the balance says it, to two decimals."""
    return "—" if percent is None else f"{round(percent, 2).normalize():f}"


def _untold(percent: Decimal | None) -> Decimal | None:
    return round(percent, 1) if percent is not None and abs(percent) > UNTOLD_PERCENT else None


async def _materials(tenant_id: UUID, lot_ids: Sequence[UUID], missing: Points, unusual: Points) -> None:
    charging = await chain.load_charging(tenant_id, lot_ids)
    for lot_id, balance in (await chain.balances(tenant_id, lot_ids, charging)).items():
        if balance.within is False:
            params = {"percent": _told(balance.unexplained_percent), "tolerance": _told(balance.tolerance_percent)}
            missing[lot_id].append(Point("error.release_balance_unexplained", params))
        elif balance.within is None and (untold := _untold(balance.unexplained_percent)) is not None:
            params = {"percent": f"{untold}"}
            unusual[lot_id].append(Point("error.release_balance_untold", params, mandatory=False))
        elif balance.tolerance_percent is not None and balance.within is None:
            unusual[lot_id].append(Point("error.release_balance_unknown", {}, mandatory=False))
        if balance.yield_within is False:
            params = {"percent": _told(balance.yield_percent)}
            unusual[lot_id].append(Point("error.release_yield_unusual", params, mandatory=False))
    for lot_id, findings in (await chain.charge_findings(tenant_id, lot_ids, charging)).items():
        for each in findings:
            if each.mandatory:
                missing[lot_id].append(Point(f"error.release_charge_{each.kind}", each.params))
            else:
                unusual[lot_id].append(Point(f"charge.finding.{each.kind}", _by_day(each.params), mandatory=False))
    for lot_id, licences in (await chain.licences_expired(tenant_id, lot_ids)).items():
        missing[lot_id] += [
            Point(
                "error.release_licence_expired",
                {"holder": each.holder or "", "number": each.number, "valid_to": each.valid_to},
                refers_to=each.certificate_id,
            )
            for each in licences
        ]


async def _balances_of_origins(tenant_id: UUID, lot_ids: Sequence[UUID], missing: Points) -> None:
    """What is unexplained of a batch stays so in its parts, and in what they are mixed into."""
    origins = await chain.origins_unreleased(tenant_id, lot_ids)
    balances = await chain.balances(tenant_id, [origin for _, origin, _ in origins]) if origins else {}
    for lot_id, origin, lot_no in origins:
        balance = balances[origin]
        if balance.within is False:
            params = {"percent": _told(balance.unexplained_percent), "tolerance": _told(balance.tolerance_percent)}
            params["origin"] = lot_no
            missing[lot_id].append(Point("error.release_origin_unexplained", params, refers_to=origin))
