"""Consumption from a sheet: what of which lot went into which. The gate of use holds as everywhere."""

from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from pydantic import ValidationError

from server.core.impossible import ImpossibleValue
from server.core.units import convert
from server.domains import chain
from server.domains.integrations import lookups
from server.domains.integrations.cells import SheetRow, moment_of, number_of, text_of
from server.domains.integrations.kinds import Outcome, Reader, Work

STEP_ROWS = 10_000
_COLUMNS = {"from_lot": "from_lot_no", "to_lot": "to_lot_no"}


async def store_consumption(work: Work, rows: Sequence[SheetRow]) -> Outcome:
    """One link a row, in the order of the sheet."""
    reader = Reader("consumption")
    named = await _Named.load(work.actor.tenant, reader, rows)
    drafts = [(row, link) for row in rows for link in named.read(row)]
    result = await chain.create_links(work.actor, [link for _, link in drafts])
    for error in result.errors:
        error.problem.field = error.problem.field or "from_lot"  # the gate speaks of the lot that was to be used
        reader.refuse_problem(drafts[error.row][0], error.problem, _COLUMNS)
    return Outcome(sum(made is not None for made in result.ids), sorted(reader.errors, key=lambda error: error.row_no))


class _Named:
    """The lots that these rows name."""

    def __init__(self, reader: Reader, lots: lookups.Lots, orders: dict[str, list[lookups.FoundLot]]) -> None:
        self._reader = reader
        self._lots = lots
        self._orders = orders

    @classmethod
    async def load(cls, tenant_id: UUID, reader: Reader, rows: Sequence[SheetRow]) -> "_Named":
        def words(*columns: str) -> set[str]:
            return {word for row in rows for column in columns if (word := text_of(reader.cell(row, column)))}

        lots = await lookups.find_lots(tenant_id, words("from_lot_no", "to_lot_no"))
        return cls(reader, lots, await lookups.find_by_order(tenant_id, words("production_order")))

    def read(self, row: SheetRow) -> list[chain.NewLink]:
        """The link that a row describes; empty where something is wrong with it, and each cell named."""
        self._reader.missing(row)
        source, target = self._lot(row, "from"), self._target(row)
        values: dict[str, object] = {
            "from_lot": source.id if source else None,
            "to_lot": target,
            "kind": "consumed",
            "unit": self._unit(row, source),
        }
        for name, read in (("quantity", number_of), ("at", moment_of)):
            try:
                values[name] = read(self._reader.cell(row, name))
            except ImpossibleValue as error:
                self._reader.refuse(row, name, error.code, **error.params)
        try:
            link = chain.NewLink.model_validate(values)
        except ValidationError as error:
            unread = [name for name in _COLUMNS if values[name] is None]
            self._reader.refuse_input(row, error, _COLUMNS, unread)
            return []
        return [] if self._reader.refused(row) else [link]

    def _unit(self, row: SheetRow, source: lookups.FoundLot | None) -> str | None:
        """The unit as it is written; refused where a quantity of the lot cannot be said in it."""
        unit = self._text(row, "unit")
        if source and source.unit and unit and unit != source.unit and self._text(row, "quantity"):
            try:
                convert(Decimal(1), unit, source.unit)
            except ImpossibleValue:
                params = {"lot_no": source.lot_no, "unit": unit[:40], "expected": source.unit}
                self._reader.refuse(row, "unit", "units_differ", **params)
        return unit or None

    def _text(self, row: SheetRow, column: str) -> str:
        return text_of(self._reader.cell(row, column))

    def _lot(self, row: SheetRow, side: str) -> lookups.FoundLot | None:
        if not self._text(row, f"{side}_lot_no"):
            return None
        found = self._lots.find(self._text(row, f"{side}_lot_no"), self._text(row, f"{side}_product_sku"))
        if isinstance(found, str):
            self._reader.refuse(row, f"{side}_lot_no", found)
            return None
        return found

    def _target(self, row: SheetRow) -> UUID | None:
        """By its lot number, else by its production order; where both are given they must agree."""
        order = self._text(row, "production_order")
        made = self._orders.get(order, [])
        if self._text(row, "to_lot_no"):
            target = self._lot(row, "to")
            if target and order and made and target.id not in [lot.id for lot in made]:
                self._reader.refuse(row, "production_order", "import_order_of_other_lot")
            return target.id if target else None
        if not order:
            self._reader.refuse(row, "to_lot_no", "import_cell_missing")
        elif len(made) != 1:
            self._reader.refuse(row, "production_order", "import_order_ambiguous" if made else "import_order_unknown")
        return made[0].id if len(made) == 1 else None
