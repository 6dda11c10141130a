"""Plant three: a maker of circuit boards made up for the demo, and its last full working day.

A thousand sheets of which three hundred were looked at, a sample by AQL, a traveller with a first piece that failed after a
change of program, a patrol check that was missed, baths, two gauges whose calibration does not hold, a concession with the
customer's consent, boards with serialised components, one of which was replaced. Limits are examples (示例).
"""

from datetime import date, timedelta

from workers.seed.electronics.bare import bare_boards
from workers.seed.electronics.boards import make_boards
from workers.seed.electronics.incoming import receive_all
from workers.seed.electronics.master import make_master
from workers.seed.electronics.panels import run_day, run_day_before
from workers.seed.electronics.review import concede, gauges_fail
from workers.seed.electronics.standards import make_plans, make_standards
from workers.seed.house import House
from workers.seed.plant import Plant

__all__ = ["make_electronics", "working_day_before"]
_FRIDAY = 5


def working_day_before(today: date) -> date:
    """The last Monday to Friday before `today`."""
    day = today - timedelta(days=1)
    while day.isoweekday() > _FRIDAY:
        day -= timedelta(days=1)
    return day


async def make_electronics(plant: Plant, today: date) -> None:
    """Days of this story count back from the day after its working day, so that day is one ago."""
    works = House(plant, working_day_before(today) + timedelta(days=1))
    plant.tell(works.at(220, "09:00"))
    await make_master(works)
    await make_standards(works)
    await run_day_before(works)
    await bare_boards(works)
    await make_plans(works)
    await receive_all(works)
    await run_day(works)
    await concede(works)
    await make_boards(works)
    await gauges_fail(works)
