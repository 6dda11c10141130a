"""What an import refuses as a whole. What is wrong with single rows is listed with the job."""

from typing import Any

from server.core.errors import Conflict, Problem


class ImportFileRefused(Problem):
    """Not opened at all. The code says what is wrong with the file."""

    status = 422
    code = "import_file_refused"

    def __init__(self, why: str, **params: Any) -> None:
        super().__init__(field="file", **params)
        self.code = f"import_{why}"  # type: ignore[misc]  # one class, a stable code per reason


class ImportFileTooLarge(Problem):
    status = 413
    code = "import_file_too_large"


class PasswordsHandedOut(Conflict):
    """One-time passwords are shown once."""

    code = "import_passwords_handed_out"
