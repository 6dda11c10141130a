"""One line of the doctor."""

from dataclasses import dataclass, field
from enum import StrEnum


class Level(StrEnum):
    OK = "OK"
    WARN = "WARN"
    FAIL = "FAIL"


@dataclass(frozen=True)
class Finding:
    """A level and a code whose text is `ops.doctor.<code>`, remedy included, with its parameters. Never a secret."""

    level: Level
    code: str
    params: dict[str, object] = field(default_factory=dict)


def ok(code: str, **params: object) -> Finding:
    return Finding(Level.OK, code, params)


def warn(code: str, **params: object) -> Finding:
    return Finding(Level.WARN, code, params)


def fail(code: str, **params: object) -> Finding:
    return Finding(Level.FAIL, code, params)
