"""Rows of records and measurements as the tables take them: one by one, and set-wise for imports."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from server.core import db
from server.core.actor import Actor
from server.domains.quality.entries import Entry, Measured, result_columns
from server.domains.quality.piling import near_limit
from server.domains.quality.subjects import Subject

MEASUREMENT_COLUMNS = (
    "tenant_id", "record_id", "position", "characteristic_id", "specification_version_id", "value", "qualifier",
    "option", "counts", "unit", "limits", "near_limit", "failed_sets", "warning", "verdict", "sample_no", "lot_id", "product_id",
    "stage", "step_id", "line_place_id", "device_id", "supplier_id", "operator_id", "shift", "at",
)  # fmt: skip
_INSERT_MEASUREMENT = (
    f"INSERT INTO measurement ({', '.join(MEASUREMENT_COLUMNS)})"  # noqa: S608 - names of our own columns
    f" VALUES ({', '.join(f'${n}' for n in range(1, len(MEASUREMENT_COLUMNS) + 1))})"
)


async def insert_record(tenant_id: UUID, record_id: UUID, values: Mapping[str, Any]) -> bool:
    """False where the entry_id was stored meanwhile by somebody else."""
    columns = ["tenant_id", "id", *values]
    names = ", ".join(f'"{column}"' for column in columns)
    places = ", ".join(f"${n}" for n in range(1, len(columns) + 1))
    touched = await db.execute(
        f"INSERT INTO record ({names}) VALUES ({places}) ON CONFLICT (tenant_id, entry_id) DO NOTHING",  # noqa: S608
        tenant_id, record_id, *values.values(),
    )  # fmt: skip
    return touched == 1


def measurement_rows(
    actor: Actor, record_id: UUID, stage: str, entry: Entry, subject: Subject, at: datetime
) -> list[tuple[Any, ...]]:
    """One row per result, in the order of the form."""
    operator_id = actor.id if actor.kind == "user" else None
    copies = (
        subject.lot_id, subject.product_id, stage, subject.step_id, subject.line_place_id, subject.device_id,
        subject.supplier_id, operator_id, subject.shift, at,
    )  # fmt: skip
    return [
        (actor.tenant, record_id, position, *_own_columns(each), *copies)
        for position, each in enumerate(entry.measured, 1)
    ]


def _own_columns(each: Measured) -> tuple[Any, ...]:
    yardstick, judgement = each.yardstick, each.judged.judgement
    results = result_columns(each.judged.results)
    return (
        yardstick.characteristic.id, yardstick.version_id, *results, yardstick.characteristic.basis.unit,
        yardstick.limits_json, near_limit(results[0], yardstick.limits_json), list(judgement.failed), judgement.warning,
        judgement.verdict, each.sample_no,
    )  # fmt: skip


async def insert_measurements(rows: Sequence[tuple[Any, ...]]) -> None:
    if rows:
        await db.executemany(_INSERT_MEASUREMENT, rows)
