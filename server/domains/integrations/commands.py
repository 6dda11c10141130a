"""What is said about a file that is sent in; also the fields of the form beside it."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from server.domains.integrations.columns import ImportKind
from server.domains.integrations.jobs import Policy


class SendFile(BaseModel):
    """`all_or_nothing`: one wrong row and nothing is stored. `dry_run`: nothing is stored in any case, errors are listed.

    `password`: the sender's, where rows say that their lot is released; it signs those releases.
    """

    model_config = ConfigDict(extra="forbid")
    kind: ImportKind
    policy: Policy = "all_or_nothing"
    dry_run: bool = False
    password: Annotated[str, Field(min_length=1, max_length=1000)] | None = None
