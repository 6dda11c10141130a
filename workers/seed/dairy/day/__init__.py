"""The dairy's whole day before today, hour by hour. A dairy works every day: cows know no Sunday.

Two tankers at dawn, pasteurisation, the metal detector that failed at ten, four lots that wait for microbiology, one of
them released early, nine shipments with their papers by three.
"""

from workers.seed.dairy.day.afternoon import ship_all, ship_by_night
from workers.seed.dairy.day.detector import detector_fails
from workers.seed.dairy.day.laboratory import early_release, results_of_before, sample_all
from workers.seed.dairy.day.morning import fill_before, pasteurise, receive_tankers
from workers.seed.dairy.day.setting import prepare
from workers.seed.dairy.house import Dairy

__all__ = ["make_day"]


async def make_day(dairy: Dairy) -> None:
    """Told last, with ids of its own; the present is told again afterwards."""
    day = await prepare(dairy)
    before = await fill_before(day)
    await ship_by_night(day)
    raw = await receive_tankers(day)
    await results_of_before(day, before)
    base = await pasteurise(day, raw)
    made = await detector_fails(day, base)
    await sample_all(day, made)
    early = made[-1]
    await early_release(day, early)
    await ship_all(day, before, early)
    dairy.plant.told = None
