"""Lots from a sheet: received materials, and what is taken over from another system."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from server.core import db
from server.core.errors import Problem
from server.core.impossible import ImpossibleValue
from server.core.units import find_unit
from server.domains import chain, quality
from server.domains.integrations import lookups
from server.domains.integrations.cells import SheetRow, day_of, day_or_moment, number_of, text_of, yes_or_no
from server.domains.integrations.kinds import Outcome, Reader, Work

STEP_ROWS = 5_000
_TEXTS = (
    "lot_no", "supplier_lot_no", "unit", "purchase_order", "delivery_note", "production_order", "customer_order", "remark",
)  # fmt: skip
_VALUES = {"quantity": number_of, "received_at": day_or_moment, "expires_at": day_or_moment, "produced_on": day_of}
_KINDS = {
    "原料": "material", "原辅料": "material", "包材": "material", "material": "material",
    "半成品": "intermediate", "中间品": "intermediate", "intermediate": "intermediate",
    "成品": "finished", "finished": "finished",
}  # fmt: skip
_KIND_OF_PRODUCT = {"packaging": "material"}
_COLUMNS = {"product_id": "product_sku", "supplier_id": "supplier", "place_id": "place"}


async def store_lots(work: Work, rows: Sequence[SheetRow]) -> Outcome:
    """Create the lots; those that say so are released under the sender's signature, together with being created."""
    reader = Reader("material_lots")
    known = await _Known.load(work.actor.tenant, reader, rows)
    drafts = [(row, lot, released) for row in rows for lot, released in known.read(work, row)]
    await known.name_taken(work.actor.tenant, rows)
    stored = 0
    while drafts:
        first, again = _first_of_each(drafts)
        refused = await _try(work, reader, first)
        if not refused:
            stored = len(first)
            for row, lot, _ in again:
                reader.refuse(row, "lot_no", "lot_no_taken", lot_no=lot.lot_no)
            break
        out = {first[number][0].number for number in refused}
        drafts = [draft for draft in drafts if draft[0].number not in out]
    return Outcome(stored, sorted(reader.errors, key=lambda error: error.row_no))


_Draft = tuple[SheetRow, chain.NewLot, bool]


def _first_of_each(drafts: Sequence[_Draft]) -> tuple[list[_Draft], list[_Draft]]:
    """The first row of each lot number, and the others: one of them has its turn where the first is refused."""
    first: dict[tuple[UUID, str], _Draft] = {}
    again = []
    for draft in drafts:
        key = (draft[1].product_id, draft[1].lot_no)
        if key in first:
            again.append(draft)
        else:
            first[key] = draft
    return list(first.values()), again


class _Undo(Exception):
    """Leaves the savepoint, and nothing of it behind."""


async def _try(work: Work, reader: Reader, drafts: Sequence[_Draft]) -> set[int]:
    """Store all, or none and say which were refused."""
    refused: set[int] = set()
    try:
        async with db.transaction(work.actor.scope()):
            result = await chain.create_lots(work.actor, [lot for _, lot, _ in drafts], all_or_nothing=True)
            for error in result.errors:
                reader.refuse_problem(drafts[error.row][0], error.problem, _COLUMNS)
                refused.add(error.row)
            if not refused:
                refused = await _release(work, reader, drafts, result.ids)
            if refused:
                raise _Undo
    except _Undo:
        pass
    return refused


async def _release(work: Work, reader: Reader, drafts: Sequence[_Draft], ids: Sequence[UUID | None]) -> set[int]:
    """Release those that say so, under one signature; the positions of those that must not be."""
    wanted = [number for number, (_, _, released) in enumerate(drafts) if released]
    lot_ids = [lot_id for number in wanted if (lot_id := ids[number]) is not None]
    if not lot_ids:
        return set()
    refused = set()
    try:
        async with db.transaction(work.actor.scope()):
            await quality.decide_lots(work.actor, lot_ids, "released", None)
    except Problem as problem:
        for reason in problem.errors:
            number = wanted[int(reason.field.rpartition(".")[2])]
            reader.refuse(drafts[number][0], "released", reason.code, **reason.params)
            refused.add(number)
        if not refused:
            raise
    return refused


class _Known:
    """What the texts of these rows stand for."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._products: dict[str, lookups.FoundProduct] = {}
        self._suppliers: dict[str, UUID] = {}
        self._places: dict[str, list[UUID]] = {}

    @classmethod
    async def load(cls, tenant_id: UUID, reader: Reader, rows: Sequence[SheetRow]) -> "_Known":
        def words(column: str) -> set[str]:
            return {word for row in rows if (word := text_of(reader.cell(row, column)))}

        known = cls(reader)
        known._products = await lookups.find_products(tenant_id, words("product_sku"))
        known._suppliers = await lookups.find_suppliers(tenant_id, words("supplier"))
        known._places = await lookups.find_places(tenant_id, words("place"))
        return known

    def read(self, work: Work, row: SheetRow) -> list[tuple[chain.NewLot, bool]]:
        """The lot that a row describes and whether it is released; empty where something is wrong, and each cell named."""
        self._reader.missing(row)
        values = {**self._references(row), **self._plain(row)}
        released = self._released(work, row)
        try:
            lot = chain.NewLot.model_validate(values)
        except ValidationError as error:
            # Without a product, what kind of lot it makes is not known either.
            unread = () if values["product_id"] else ("product_id", "kind")
            self._reader.refuse_input(row, error, _COLUMNS, unread)
            return []
        return [] if self._reader.refused(row) else [(lot, released)]

    async def name_taken(self, tenant_id: UUID, rows: Sequence[SheetRow]) -> None:
        """Of rows that were refused already, those whose lot number is taken too: nobody will try to store them."""
        refused = {error.row_no for error in self._reader.errors}
        suspects = [(row, self._text(row, "lot_no")) for row in rows if row.number in refused]
        lots = await lookups.find_lots(tenant_id, {lot_no for _, lot_no in suspects}) if suspects else None
        for row, lot_no in suspects:
            sku = self._text(row, "product_sku")
            if lots and sku in self._products and not isinstance(lots.find(lot_no, sku), str):
                self._reader.refuse(row, "lot_no", "lot_no_taken", lot_no=lot_no)

    def _text(self, row: SheetRow, column: str) -> str:
        return text_of(self._reader.cell(row, column))

    def _references(self, row: SheetRow) -> dict[str, Any]:
        sku, supplier, place, kind = (
            text_of(self._reader.cell(row, name)) for name in ("product_sku", "supplier", "place", "kind")
        )
        product = self._products.get(sku)
        if sku and (product is None or product.retired):
            self._reader.refuse(row, "product_sku", "import_product_unknown")
        if supplier and supplier not in self._suppliers:
            self._reader.refuse(row, "supplier", "import_supplier_unknown")
        if not supplier and self._text(row, "supplier_lot_no"):
            self._reader.refuse(row, "supplier", "supplier_needed")
        places = self._places.get(place, [])
        if place and len(places) != 1:
            self._reader.refuse(row, "place", "import_place_ambiguous" if places else "import_place_unknown")
        if kind and kind.casefold() not in _KINDS:
            self._reader.refuse(row, "kind", "import_kind_unknown")
        self._unit(row, product)
        own = product.kind if product else ""
        return {
            "product_id": product.id if product else None,
            "kind": _KINDS.get(kind.casefold()) or _KIND_OF_PRODUCT.get(own, own),
            "supplier_id": self._suppliers.get(supplier),
            "place_id": places[0] if len(places) == 1 else None,
        }

    def _unit(self, row: SheetRow, product: lookups.FoundProduct | None) -> None:
        unit = self._text(row, "unit")
        if product is None or unit in ("", product.unit):
            return
        try:
            find_unit(unit)
        except ImpossibleValue as error:
            self._reader.refuse(row, "unit", error.code, **error.params)

    def _plain(self, row: SheetRow) -> dict[str, Any]:
        values: dict[str, Any] = {name: text_of(self._reader.cell(row, name)) or None for name in _TEXTS}
        for name, read in _VALUES.items():
            try:
                values[name] = read(self._reader.cell(row, name))
            except ImpossibleValue as error:
                self._reader.refuse(row, name, error.code, **error.params)
        return values

    def _released(self, work: Work, row: SheetRow) -> bool:
        try:
            released = yes_or_no(self._reader.cell(row, "released"))
        except ImpossibleValue as error:
            self._reader.refuse(row, "released", error.code, **error.params)
            return False
        if released and not (work.signed and "quality.release" in work.actor.permissions):
            self._reader.refuse(row, "released", "import_release_not_signed")
        return released
