"""What of a lot's results the public may see: legal and customer limits only, secrets left out."""

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple
from uuid import UUID

from server.core import db
from server.domains.quality.comparing import Verdict
from server.domains.quality.judging import compiled
from server.domains.quality.limits import Limits, LimitSet
from server.domains.quality.queries import CURRENT, show_measurement
from server.domains.quality.rollup import speaking_lots
from server.domains.quality.verdicts import Basis


class PublishedItem(NamedTuple):
    """One inspection item as the public may see it: the newest result, beside its legal and customer limits.

    `result` is language-free text ("0.01", "<0.01", "ND", an option); `verdict` is by these two sets alone, so that
    an internal limit cannot be guessed from it. `choices_en`: English words for the options and grades of `result` and limits.
    """

    characteristic_id: UUID
    code: str
    name: str
    name_en: str | None
    method: str | None
    result: str
    unit: str | None
    legal: LimitSet | None
    customer: LimitSet | None
    verdict: Verdict
    standard: str | None
    standard_edition: str | None
    report_no: str | None
    tested_at: Any
    record_id: UUID
    choices_en: Mapping[str, str]


_PUBLISHED = f"""
SELECT DISTINCT ON (m.characteristic_id, coalesce(m.sample_no, 0)) m.characteristic_id, ch.code, ch.name, ch.name_en,
       ch.method, ch.result_kind, ch.decimals, ch.comparison_rule, ch.options, ch.options_en, m.value, m.qualifier, m.option, m.counts,
       m.unit, m.limits::text AS limits, v.standard, v.standard_edition, r.report_no, r.captured_at, r.id AS record_id
FROM measurement m
JOIN record r ON r.tenant_id = m.tenant_id AND r.id = m.record_id
JOIN form_version fv ON fv.tenant_id = r.tenant_id AND fv.id = r.form_version_id
JOIN characteristic ch ON ch.tenant_id = m.tenant_id AND ch.id = m.characteristic_id
LEFT JOIN specification_version v ON v.tenant_id = m.tenant_id AND v.id = m.specification_version_id
WHERE m.tenant_id = $1 AND m.lot_id = ANY($2::uuid[]) AND m.stage = ANY($3::text[]) AND {CURRENT}
  AND num_nonnulls(m.value, m.option, m.counts, m.qualifier) > 0
  AND NOT EXISTS (SELECT FROM jsonb_each(coalesce(fv.ui -> 'fields', '{{}}')) h
                  WHERE h.value ->> 'characteristic_id' = m.characteristic_id::text AND h.value ->> 'secret' = 'true')
ORDER BY m.characteristic_id, coalesce(m.sample_no, 0), r.id DESC
"""  # noqa: S608 - constants only


async def published_items(tenant_id: UUID, lot_id: UUID, stages: Collection[str] = ("testing",)) -> list[PublishedItem]:
    """The inspection items of a lot for a publication: current records of these stages, secret fields left out.

    A lot without records shows those of the goods it was split off or merged from.
    """
    lots = (await speaking_lots(tenant_id, [lot_id]))[lot_id]
    rows = await db.fetch(_PUBLISHED, tenant_id, lots, list(stages))
    return sorted((_published(dict(row)) for row in rows), key=lambda each: each.code)


def _published(row: dict[str, Any]) -> PublishedItem:
    basis = Basis(row["result_kind"], row["unit"], row["decimals"], row["comparison_rule"], tuple(row["options"]))
    limits = Limits.model_validate_json(row["limits"] or "{}").published()
    result = show_measurement(row)
    verdict = compiled(basis, limits.to_json(), stored=True)(result, None).judgement.verdict
    return PublishedItem(
        row["characteristic_id"], row["code"], row["name"], row["name_en"], row["method"], result, row["unit"],
        limits.legal, limits.customer, verdict, row["standard"], row["standard_edition"], row["report_no"], row["captured_at"],
        row["record_id"], dict(zip(row["options"], row["options_en"], strict=False)),
    )  # fmt: skip
