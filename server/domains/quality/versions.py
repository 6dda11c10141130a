"""Form versions as records use them: found by id, or by form at a moment, with their compiled form."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from server.core import db
from server.core.errors import NotFound
from server.domains.quality.commands import FormUi
from server.domains.quality.forms import Form, compile_form

_COLUMNS = """
SELECT v.id, v.form_id, v.version, f.code, f.name, f.stage, f.subject_kind, f.product_id, v.schema::text, v.ui::text,
       v.specification_version_ids
FROM form_version v JOIN form f ON f.tenant_id = v.tenant_id AND f.id = v.form_id
WHERE v.tenant_id = $1
"""
_BY_ID = _COLUMNS + "AND v.id = $2"
# The newest version in force at $4; before any is, the first.
_IN_FORCE = (
    _COLUMNS
    + """AND (f.id = $2 OR f.code = $3)
ORDER BY v.in_force_from <= $4 DESC, CASE WHEN v.in_force_from <= $4 THEN v.version ELSE -v.version END DESC LIMIT 1
"""
)


class FormVersion(NamedTuple):
    """`bound`: characteristic by field; `pins`: the specification versions it was made with."""

    id: UUID
    form_id: UUID
    version: int
    code: str
    name: str
    stage: str
    subject_kind: str
    product_id: UUID | None
    pins: tuple[UUID, ...]
    ui: FormUi
    form: Form

    @property
    def bound(self) -> dict[str, UUID]:
        return {name: each.characteristic_id for name, each in self.ui.fields.items() if each.characteristic_id}

    @property
    def secret_fields(self) -> frozenset[str]:
        """Fields whose values regulators and the public never see; that they are filled in, they do."""
        return frozenset(name for name, each in self.ui.fields.items() if each.secret)

    def titles(self, language: str) -> dict[str, str]:
        """Field titles in a language where the form gives them."""
        return {name: each.titles[language] for name, each in self.ui.fields.items() if language in each.titles}


async def version_by_id(tenant_id: UUID, version_id: UUID) -> FormVersion:
    """NotFound where there is none."""
    return await _one(_BY_ID, tenant_id, version_id)


async def version_in_force(tenant_id: UUID, at: datetime, form_id: UUID | None, code: str | None = None) -> FormVersion:
    """The version of a form in force at `at`; NotFound where there is no such form."""
    return await _one(_IN_FORCE, tenant_id, form_id, code, at)


async def _one(sql: str, *args: object) -> FormVersion:
    row = await db.fetchrow(sql, *args)
    if row is None:
        raise NotFound
    ui = FormUi.model_validate_json(row["ui"])
    measured = tuple(name for name, each in ui.fields.items() if each.characteristic_id)
    return FormVersion(
        row["id"], row["form_id"], row["version"], row["code"], row["name"], row["stage"], row["subject_kind"],
        row["product_id"], tuple(row["specification_version_ids"]), ui, compile_form(row["schema"], measured, ui.order),
    )  # fmt: skip
