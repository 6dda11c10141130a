"""The cities that a report may come from: the nearest that is ever kept of where somebody was."""

from functools import cache
from pathlib import Path
from typing import NamedTuple


class City(NamedTuple):
    """`code` is the division code; of a municipality the province is the city."""

    code: str
    province_zh: str
    name_zh: str
    province_en: str
    name_en: str

    def province(self, language: str) -> str:
        return self.province_en if language == "en" else self.province_zh

    def name(self, language: str) -> str:
        return self.name_en if language == "en" else self.name_zh

    def whole(self, language: str) -> str:
        """With its province, as an address in that language names it."""
        if self.name_zh == self.province_zh:
            return self.name(language)
        return f"{self.name_en}, {self.province_en}" if language == "en" else f"{self.province_zh} {self.name_zh}"


@cache
def cities() -> dict[str, City]:
    """By code, in the order of the codes."""
    lines = Path(__file__).with_name("cities.tsv").read_text(encoding="utf-8").splitlines()
    found = (City(*line.split("\t")) for line in lines if not line.startswith("#"))
    return {city.code: city for city in found}
