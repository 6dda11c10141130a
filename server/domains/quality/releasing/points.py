"""What a signer is shown of a lot: what is missing, what is unusual; the rest is in order and only counted."""

from collections.abc import Mapping
from typing import Any, NamedTuple
from uuid import UUID

from i18n import readable


class Point(NamedTuple):
    """`key` is the key of its text, which also gets the lot's number as `lot_no`; of a mandatory one it is `error.<code>`. Release waits for a mandatory one; `awaited`: only a result is awaited, which
    an urgent release may go ahead of. `refers_to`: the row behind it (a record, an inspection, a nonconformity …)."""

    key: str
    params: Mapping[str, Any]
    mandatory: bool = True
    awaited: bool = False
    refers_to: UUID | None = None

    @property
    def code(self) -> str:
        """The last word of the key."""
        return self.key.rpartition(".")[2]

    def said(self, lot_no: str) -> dict[str, Any]:
        """What fills its text: times as people read them."""
        return readable({"lot_no": lot_no, **self.params})

    def kept(self) -> dict[str, Any]:
        """As it stands in the checklist that is kept with the signature."""
        return {**self._asdict(), "params": dict(self.params)}
