"""The cities that a report may come from: the nearest that is ever kept of where somebody was."""

from functools import cache
from pathlib import Path
from typing import NamedTuple


class City(NamedTuple):
    """`code` is the division code; of a municipality the province is the city."""

    code: str
    province: str
    name: str

    @property
    def whole(self) -> str:
        return self.name if self.name == self.province else f"{self.province} {self.name}"


@cache
def cities() -> dict[str, City]:
    """By code, in the order of the codes."""
    lines = Path(__file__).with_name("cities.tsv").read_text(encoding="utf-8").splitlines()
    found = (City(*line.split("\t")) for line in lines if not line.startswith("#"))
    return {city.code: city for city in found}
