"""`python -m tests.storm [T11,T13]`: one line a test, with its result and figures; exit code 1 when any failed."""

import asyncio
import importlib
import inspect
import pkgutil
import sys
import time
import traceback
from collections.abc import Mapping, Sequence

import tests.storm
from tests.storm.registry import TESTS, Acceptance, Storm


def load() -> None:
    """Import every module beside this one, so that it registers its tests."""
    for module in pkgutil.iter_modules(tests.storm.__path__):
        if not module.name.startswith("__") and module.name != "registry":
            importlib.import_module(f"tests.storm.{module.name}")


def chosen(arguments: Sequence[str]) -> list[Acceptance]:
    """All tests in the order of their numbers, or those of the numbers given; SystemExit names an unknown one."""
    wanted = {name.upper() for argument in arguments for name in argument.split(",") if name}
    if unknown := wanted - {test.number for test in TESTS}:
        raise SystemExit(f"no such test: {', '.join(sorted(unknown))}")
    found = [test for test in TESTS if not wanted or test.number in wanted]
    return sorted(found, key=lambda test: int(test.number.lstrip("T")))


def run(test: Acceptance) -> bool:
    """Run one and print its line; True if it passed."""
    storm, started = Storm(), time.perf_counter()
    try:
        figures = test.run(storm)
        shown: Mapping[str, object] = asyncio.run(_awaited(figures)) if inspect.isawaitable(figures) else figures
        passed = True
    except Exception as error:
        traceback.print_exc()
        shown, passed = {"error": f"{type(error).__name__}: {error}".splitlines()[0], "seed": storm.seed}, False
    finally:
        storm.close()
    seconds = time.perf_counter() - started
    figures_text = " ".join(f"{name}={value}" for name, value in shown.items())
    print(f"{test.number} {test.title} {'pass' if passed else 'FAIL'} {figures_text} {seconds:.1f}s", flush=True)
    return passed


async def _awaited(figures: object) -> Mapping[str, object]:
    return await figures  # type: ignore[misc,no-any-return]


def main(arguments: Sequence[str]) -> int:
    load()
    results = [run(test) for test in chosen(arguments)]  # all of them, also after a failure
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
