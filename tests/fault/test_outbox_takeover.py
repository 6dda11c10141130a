"""Promise: a dispatcher may be killed at any moment: another takes its events over, each key stays in order, and a
poisoned event is given up with a reason, also one that kills its worker."""

from pathlib import Path

from tests.fault.dispatching import Shape, deadly, storm, takeover
from tests.fixtures.cluster import Database

SHORT = Shape(keys=8, per_key=12, poison_every=24, processes=2, kills=3, lease_seconds=6, attempts=3)


async def test_what_a_killed_dispatcher_held_is_taken_over(fresh_database: Database, tmp_path: Path) -> None:
    await takeover(fresh_database.app_dsn, tmp_path / "heard", lease_seconds=4)


async def test_kills_lose_nothing_and_keep_the_order_of_every_key(fresh_database: Database, tmp_path: Path) -> None:
    figures = await storm(fresh_database.app_dsn, tmp_path / "heard", SHORT, seed=1)
    assert (figures["events"], figures["lost"], figures["dead"]) == (96, 0, 4)


async def test_an_event_that_kills_its_worker_is_given_up_and_takes_no_other_along(
    fresh_database: Database, tmp_path: Path
) -> None:
    tries = await deadly(fresh_database.app_dsn, tmp_path / "heard", keys=6, attempts=3)
    assert max(tries[1:]) <= 5  # three events; a neighbour is with the deadly one once, then never again
