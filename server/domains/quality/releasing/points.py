"""What a signer is shown of a lot: what is missing, what is unusual; the rest is in order and only counted."""

from collections.abc import Mapping
from typing import Any, NamedTuple
from uuid import UUID


class Point(NamedTuple):
    """`code` keys the text `error.<code>`, which also gets the lot's number as `lot_no`. Release waits for a mandatory one; `awaited`: only a result is awaited, which
    an urgent release may go ahead of. `refers_to`: the row behind it (a record, an inspection, a nonconformity …)."""

    code: str
    params: Mapping[str, Any]
    mandatory: bool = True
    awaited: bool = False
    refers_to: UUID | None = None

    def kept(self) -> dict[str, Any]:
        """As it stands in the checklist that is kept with the signature."""
        return {**self._asdict(), "params": dict(self.params)}
