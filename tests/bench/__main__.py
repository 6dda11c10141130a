"""`python -m tests.bench [NAME]`: one line a figure on standard output, and the file named by BENCH_JSON."""

import importlib
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.bench.harness import Bench, Figure, note, write_report

# In the order they run; a module measures the figures of its name (`growth`: `growth.scan`, `growth.mint`).
FIGURES = {
    "scan": "scan",
    "mint": "mint",
    "trace": "trace",
    "import": "imports",
    "growth": "growth",
    "release": "release",
    "sync": "sync",
    "page": "page",
}


def chosen(arguments: Sequence[str]) -> list[str]:
    """The names asked for: all, or those given; SystemExit names an unknown one."""
    names = [name for argument in arguments for name in argument.split(",") if name]
    if unknown := [name for name in names if name not in FIGURES]:
        raise SystemExit(f"no such figure: {', '.join(unknown)}; there are {', '.join(FIGURES)}")
    return names or list(FIGURES)


def measure(bench: Bench, names: Sequence[str]) -> Iterator[Figure]:
    for name in names:
        note(f"{name}:")
        module = importlib.import_module(f"tests.bench.{FIGURES[name]}")
        yield from module.measure(bench)


def main(arguments: Sequence[str]) -> int:
    names = chosen(arguments)
    bench = Bench(Path(os.environ.get("BENCH_DIR", ".bench")).absolute())
    figures: list[Figure] = []
    try:
        for figure in measure(bench, names):
            figures.append(figure)
            print(figure.line(), flush=True)
            if figure.reached is not None:
                note(f"  must reach {figure.target}: {'reached' if figure.reached else 'MISSED'}")
    finally:
        bench.stop()
        write_report(figures)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
