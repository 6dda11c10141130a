"""Why the embedded servers cannot start."""

import errno

DISK_FULL_TEXT = "No space left on device"


class StartError(Exception):
    """One clear reason: a code whose text is `ops.start.<code>`, with the parameters of that text."""

    def __init__(self, code: str, **params: object) -> None:
        super().__init__(" ".join([code, *(f"{name}={value}" for name, value in params.items())]))
        self.code = code
        self.params = params


def is_disk_full(error: OSError) -> bool:
    """Whether the operating system refused a write for want of room."""
    return error.errno in (errno.ENOSPC, errno.EDQUOT)
