"""From definitions in the database to compiled judges: which limits hold for a characteristic, product, step, moment."""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple, cast
from uuid import UUID

from server.core import db
from server.domains.quality.limits import Comparison, Limits, ResultKind
from server.domains.quality.verdicts import Basis, Judged, compile_judge

Judge = Callable[[object, str | None], Judged]


class Characteristic(NamedTuple):
    id: UUID
    code: str
    name: str
    name_en: str | None
    method: str | None
    basis: Basis


class Yardstick(NamedTuple):
    """What one characteristic is judged by: `version_id` and `limits_json` are None where nothing is specified."""

    characteristic: Characteristic
    version_id: UUID | None
    limits_json: str | None
    required: bool
    judge: Judge


_CHARACTERISTICS = """
SELECT id, code, name, name_en, method, result_kind, unit, decimals, comparison_rule, options
FROM characteristic WHERE tenant_id = $1 AND (id = ANY($2::uuid[]) OR code = ANY($3::text[]))
"""
# A pinned version first, then the nearest one: of the product before of all, of the step before of any, the newest.
_VERSIONS = """
SELECT DISTINCT ON (s.characteristic_id) s.characteristic_id, v.id, v.limits::text AS limits, v.required
FROM specification s JOIN specification_version v ON v.tenant_id = s.tenant_id AND v.specification_id = s.id
WHERE s.tenant_id = $1 AND s.characteristic_id = ANY($2::uuid[])
  AND (s.product_id IS NULL OR s.product_id = $3) AND (s.step_id IS NULL OR s.step_id = $4)
  AND (v.valid_from <= $5 OR v.id = ANY($6::uuid[]))
ORDER BY s.characteristic_id, v.id = ANY($6::uuid[]) DESC, s.product_id IS NULL, s.step_id IS NULL, v.version DESC
"""


async def load_characteristics(
    tenant_id: UUID, ids: Collection[UUID] = (), codes: Collection[str] = ()
) -> dict[UUID, Characteristic]:
    """The characteristics that exist among these ids and codes, by id."""
    rows = await db.fetch(_CHARACTERISTICS, tenant_id, list(ids), list(codes))
    return {row["id"]: _characteristic(dict(row)) for row in rows}


def _characteristic(row: dict[str, object]) -> Characteristic:
    basis = Basis(
        kind=cast(ResultKind, row["result_kind"]),
        unit=cast("str | None", row["unit"]),
        decimals=cast("int | None", row["decimals"]),
        comparison=cast(Comparison, row["comparison_rule"]),
        choices=tuple(cast("list[str]", row["options"])),
    )
    id_, code, name = cast(UUID, row["id"]), cast(str, row["code"]), cast(str, row["name"])
    return Characteristic(id_, code, name, cast("str | None", row["name_en"]), cast("str | None", row["method"]), basis)


async def load_yardsticks(
    tenant_id: UUID,
    characteristics: Collection[Characteristic],
    product_id: UUID | None,
    step_id: UUID | None,
    at: datetime,
    pinned: Collection[UUID] = (),
) -> dict[UUID, Yardstick]:
    """What each characteristic is judged by at `at`, by characteristic id; a pinned version goes before all others."""
    ids = [each.id for each in characteristics]
    rows = await db.fetch(_VERSIONS, tenant_id, ids, product_id, step_id, at, list(pinned))
    found = {row["characteristic_id"]: dict(row) for row in rows}
    return {each.id: _yardstick(each, found.get(each.id)) for each in characteristics}


def _yardstick(characteristic: Characteristic, row: Mapping[str, Any] | None) -> Yardstick:
    limits = row["limits"] if row is not None else None
    judge = compiled(characteristic.basis, limits or "{}")
    required = row is not None and bool(row["required"])
    return Yardstick(characteristic, row["id"] if row is not None else None, limits, required, judge)


def check_result(characteristic: Characteristic, raw: object, unit: str | None) -> None:
    """ImpossibleValue where this cannot be a result of the characteristic, whatever its limits."""
    compiled(characteristic.basis, "{}")(raw, unit)


@lru_cache(maxsize=4096)
def compiled(basis: Basis, limits_json: str, *, stored: bool = False) -> Judge:
    """The judge of a basis and stored limits; both never change under one version, so it is kept."""
    return compile_judge(basis, Limits.model_validate_json(limits_json), stored=stored)
