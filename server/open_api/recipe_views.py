"""What leaves of recipes and of charging. The values of a secret formula are shown to an authority as present."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from i18n import text
from server.core import db
from server.core.clock import EDGE
from server.domains import chain
from server.domains.chain.labels.coding import last_day
from server.open_api.chain_views import Out

Value = Decimal | dict[str, bool]
PRESENT = {"present": True}
_VALUES = ("quantity", "below_percent", "above_percent")


def masked(row: dict[str, Any], names: Sequence[str], hides: bool) -> dict[str, Any]:
    """The row with these values shown as present, where they are and are hidden."""
    return row | {name: PRESENT for name in names if row[name] is not None} if hides else row


class RecipeLineOut(Out):
    product_id: UUID
    product_name: str
    sku: str
    quantity: Value
    unit: str
    below_percent: Value | None
    above_percent: Value | None
    balanced: bool


class RecipeVersionOut(Out):
    """`outside`: what a charge outside its tolerance does, warn or refuse."""

    id: UUID
    version: int
    batch_quantity: Decimal
    unit: str
    outside: str
    remark: str | None
    created_at: datetime
    creator_name: str
    lines: list[RecipeLineOut]


class RecipeSummary(Out):
    id: UUID
    product_id: UUID
    product_name: str
    sku: str
    name: str
    retired_at: datetime | None


class RecipePage(Out):
    items: list[RecipeSummary]
    next: str | None


class RecipeOut(RecipeSummary):
    """With its versions, the newest first."""

    versions: list[RecipeVersionOut]

    @classmethod
    def shown(cls, row: dict[str, Any], masks_secrets: bool) -> "RecipeOut":
        hides = masks_secrets and row["secret"]
        versions = [
            version | {"lines": [masked(line, _VALUES, hides) for line in version["lines"]]}
            for version in row["versions"]
        ]
        return cls.model_validate(row | {"versions": versions})


class RecipeVersionCreated(Out):
    id: UUID
    version: int


class ProposedLot(Out):
    """`take`: how much of it, in the unit of the line; null where its own quantity is unknown."""

    lot_id: UUID
    lot_no: str
    expires_on: date | None
    place_name: str | None
    left: Decimal | None
    lot_unit: str | None
    take: Value | None


class ChargeLineOut(Out):
    """One material: `target` for the planned batch, `low` and `high` by its tolerance, `charged` so far, in `unit`. `verdict`:
    none, below, within, above. `proposed`: the lots to take, the one that expires first first."""

    product_id: UUID
    product_name: str
    unit: str
    target: Value
    low: Value | None
    high: Value | None
    charged: Value
    verdict: str
    proposed: list[ProposedLot]


class ChargeFindingOut(Out):
    """What the release will show. `mandatory`: the recipe does not let it pass."""

    kind: str
    mandatory: bool
    text: str


class ChargingOut(Out):
    """How the charging of a lot stands. `batch_quantity`: planned, in `unit`. `chosen`: false where nobody chose this recipe
    yet and the first charge adopts it, as the only one in force for the product."""

    recipe: str
    version_id: UUID
    chosen: bool
    outside: str
    batch_quantity: Decimal
    unit: str
    lines: list[ChargeLineOut]
    findings: list[ChargeFindingOut]

    @classmethod
    def shown(cls, state: chain.ChargeState, hides: bool, language: str) -> "ChargingOut":
        batch = state.batch
        findings = [
            {"kind": found.kind, "mandatory": found.mandatory, "text": finding_text(found, language, hides)}
            for found in state.findings
        ]
        return cls.model_validate(
            {
                "recipe": batch.recipe, "version_id": batch.version_id, "chosen": state.chosen, "outside": batch.outside,
                "batch_quantity": batch.planned, "unit": batch.unit,
                "lines": [_line(line, hides) for line in state.lines], "findings": findings,
            }
        )  # fmt: skip


def _line(line: chain.ChargeLine, hides: bool) -> dict[str, Any]:
    row = {
        "product_id": line.material.product_id, "product_name": line.material.name, "unit": line.material.unit,
        "target": line.target, "low": line.low, "high": line.high, "charged": line.charged, "verdict": line.verdict,
        "proposed": [_proposed(lot, hides) for lot in line.proposed],
    }  # fmt: skip
    return masked(row, ("target", "low", "high", "charged"), hides)


def _proposed(lot: chain.Proposed, hides: bool) -> dict[str, Any]:
    row = {name: getattr(lot, name) for name in ("lot_id", "lot_no", "place_name", "left", "lot_unit", "take")}
    return masked(row | {"expires_on": last_day(lot.expires_at)}, ("take",), hides)


def finding_text(found: chain.ChargeFinding, language: str, hides: bool = False) -> str:
    """The finding in the reader's words; quantities of a secret formula are left out."""
    params = dict(found.params)
    if found.kind == "not_first_expiring":
        for name in ("taken", "first"):
            params[f"{name}_expires_on"] = _day(params.pop(f"{name}_expires_at"), language)
    elif hides:
        params |= {"charged": "…", "limit": "…"}
    return text(f"charge.finding.{found.kind}", language, **params)


def _day(moment: str | None, language: str) -> str:
    if moment is None:
        return text("charge.no_expiry", language)
    day = last_day(datetime.fromisoformat(moment).astimezone(EDGE))
    return "" if day is None else day.isoformat()


async def is_formula_secret(tenant_id: UUID, lot_id: UUID) -> bool:
    """Whether the product of the lot keeps its formula as a trade secret."""
    return bool(
        await db.fetchval(
            "SELECT 'formula' = ANY (p.trade_secrets) FROM lot l JOIN product p ON p.tenant_id = $1 AND p.id = l.product_id"
            " WHERE l.tenant_id = $1 AND l.id = $2",
            tenant_id, lot_id,
        )
    )  # fmt: skip
