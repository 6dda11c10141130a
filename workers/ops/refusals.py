"""Why a command does nothing: one line, no traceback, nothing half done."""

from workers import terminal


class Refused(Exception):
    """One clear reason: a code whose text is `ops.refused.<code>`, with the parameters of that text. Never a secret."""

    def __init__(self, code: str, **params: object) -> None:
        super().__init__(" ".join([code, *(f"{name}={value}" for name, value in params.items())]))
        self.code = code
        self.params = params


def complain(refused: Refused) -> None:
    """The line, to standard error."""
    terminal.complain(f"refused.{refused.code}", **refused.params)
