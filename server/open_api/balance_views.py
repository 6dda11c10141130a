"""What leaves of a lot's balances: where its quantity went, and whether what was made of what went in adds up."""

from decimal import Decimal
from typing import Any

from server.domains import chain
from server.domains.chain.stock.quantities import Balance
from server.open_api.chain_views import BalanceOut, Out

Hidden = dict[str, bool]
PRESENT: Hidden = {"present": True}
_SECRET = ("quantity_in", "theoretical")


class MassBalanceOut(Out):
    """quantity_in = good + scrap + unexplained, in `unit`; null where it is not known. `within`, `yield_within`: as the
    product demands; null where it demands nothing or nothing can be said. A secret formula is shown to an authority as
    present."""

    unit: str | None
    quantity_in: Decimal | Hidden | None
    good: Decimal | None
    scrap: Decimal
    unexplained: Decimal | None
    unexplained_percent: Decimal | None
    tolerance_percent: Decimal | None
    within: bool | None
    theoretical: Decimal | Hidden | None
    yield_percent: Decimal | None
    yield_low_percent: Decimal | None
    yield_high_percent: Decimal | None
    yield_within: bool | None

    @classmethod
    def shown(cls, made: chain.MassBalance, masked: bool) -> "MassBalanceOut":
        names = [name for name in cls.model_fields if name != "quantity_in"]
        values: dict[str, Any] = {name: getattr(made, name) for name in names} | {"quantity_in": made.in_}
        for percent in ("unexplained_percent", "yield_percent"):
            if values[percent] is not None:
                values[percent] = round(values[percent], 2)
        if masked:
            values |= {name: PRESENT for name in _SECRET if values[name] is not None}
        return cls.model_validate(values)


class LotBalanceOut(BalanceOut):
    """The stock's balance, and under `mass` that of making it."""

    mass: MassBalanceOut

    @classmethod
    def of_both(cls, stock: Balance, made: chain.MassBalance, masked: bool, used_masked: bool) -> "LotBalanceOut":
        """`masked`: the lot's own formula is a secret; `used_masked`: that of goods it was consumed for."""
        own = BalanceOut.of_balance(stock).model_dump() | ({"consumed": PRESENT} if used_masked else {})
        return cls.model_validate(own | {"mass": MassBalanceOut.shown(made, masked)})
