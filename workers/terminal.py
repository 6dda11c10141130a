"""Lines for the person at the terminal, in the language of that terminal."""

import os
import sys
from collections.abc import Mapping

from i18n import text
from server.embedded import StartError
from server.settings import SettingsError


def language(environ: Mapping[str, str] = os.environ) -> str:
    """`zh_CN` where LANGUAGE or the locale says Chinese, else `en`."""
    for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        if value := environ.get(name):
            return "zh_CN" if value.lower().startswith("zh") else "en"
    return "en"


def say(key: str, **params: object) -> None:
    """One line to standard output, seen at once also through a pipe."""
    print(text(f"ops.{key}", language(), **params), flush=True)


def complain(key: str, **params: object) -> None:
    """One line to standard error."""
    print(text(f"ops.{key}", language(), **params), file=sys.stderr, flush=True)


def complain_start(error: StartError) -> None:
    """Why the embedded servers cannot start, in one line."""
    complain(f"start.{error.code}", **error.params)


def complain_settings(error: SettingsError) -> None:
    """One line per problem: the variables, never their values."""
    for problem in error.problems:
        complain(f"setting.{problem.code}", variables=", ".join(problem.variables))
