"""What cannot be true of a value, as opposed to a value that merely breaks a limit."""


class ImpossibleValue(ValueError):
    """A value that is refused: `code` keys the text `error.<code>`, `params` fill its placeholders."""

    def __init__(self, code: str, **params: object) -> None:
        super().__init__(code)
        self.code = code
        self.params = params
