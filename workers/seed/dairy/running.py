"""What still runs at the dairy while somebody looks: recorded at its start, to be ended by whoever is there when it does."""

from decimal import Decimal

from server.domains import chain
from server.domains.chain.operations.commands import Parameter
from workers.seed.dairy.house import Dairy
from workers.seed.plant import OPERATOR


async def make_running(dairy: Dairy) -> None:
    """The rest of the tank, cooled and stirred since yesterday evening."""
    begun = dairy.at(1, "19:00")
    operation = chain.NewOperation(
        name="贮奶罐搅拌保冷", lots_in=[dairy.lots["base"]], shift="夜班", started_at=begun, line_place_id=dairy.places["tank"],
        parameters=[Parameter(name="罐内温度", value=Decimal("3.8"), unit="℃", high=Decimal(6))],
    )  # fmt: skip
    dairy.plant.tell(begun)
    await dairy.plant.do(OPERATOR, chain.record_operation, operation)
    dairy.plant.told = None
