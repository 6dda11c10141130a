"""What a phone is told about each of its entries."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from i18n import text
from server.core.errors import Problem
from server.domains import quality
from server.domains.quality import inspection, phone
from server.http import problems

STATUS: Mapping[str, int] = {"stored": 201, "replayed": 200, "conflict": 409, "practised": 200}


class WarningOut(BaseModel):
    field: str
    title: str
    code: str
    text: str

    @classmethod
    def of(cls, warned: quality.Warned, language: str) -> "WarningOut":
        sets = "、" if language == "zh_CN" else ", "
        named = sets.join(text(f"quality.set.{each}", language) for each in warned.params.get("sets", ()))
        said = text(f"quality.warning.{warned.code}", language, title=warned.title, sets=named)
        return cls(field=warned.field, title=warned.title, code=warned.code, text=said)


class DoneOut(BaseModel):
    """The inspection that the entry did. `verdict` is empty while a quantity is pending."""

    model_config = ConfigDict(extra="ignore")

    inspection_id: UUID
    trigger: str
    verdict: str | None
    late: bool
    quantity: Decimal | None
    accepted: Decimal
    rejected: Decimal
    pending: Decimal

    @classmethod
    def of(cls, decided: inspection.Decided | None) -> "DoneOut | None":
        return None if decided is None else cls.model_validate(decided._asdict())


class ErrorOut(BaseModel):
    field: str
    code: str
    text: str


class ProblemOut(BaseModel):
    code: str
    text: str
    errors: list[ErrorOut]

    @classmethod
    def of(cls, problem: Problem, language: str) -> "ProblemOut":
        errors = [
            ErrorOut(field=each.field, code=each.code, text=problems.said(each.code, language, each.params))
            for each in problem.errors
        ]
        return cls(code=problem.code, text=problems.said(problem.code, language, problem.params), errors=errors)


class Answer(BaseModel):
    """`status`: what the entry alone would have been answered. `entry_id` is empty where it could not be read."""

    entry_id: UUID | None
    outcome: Literal["stored", "replayed", "conflict", "refused", "practised"]
    status: int
    record_id: UUID | None = None
    verdict: str | None = None
    failed_sets: list[str] = []
    warnings: list[WarningOut] = []
    inspection: DoneOut | None = None
    flags: list[str] = []
    conflict_id: UUID | None = None
    problem: ProblemOut | None = None

    @classmethod
    def refused(cls, entry_id: UUID | None, problem: Problem, language: str) -> "Answer":
        return cls(
            entry_id=entry_id, outcome="refused", status=problem.status, problem=ProblemOut.of(problem, language)
        )

    @classmethod
    def of(cls, entry_id: UUID, delivered: phone.Delivered, language: str) -> "Answer":
        """What was stored, or would have been; of a conflict both ids, and why."""
        outcome, stored = delivered.outcome, delivered.stored
        if stored is None:
            problem = ProblemOut.of(quality.EntryConflict(field="entry_id"), language)
            return cls(
                entry_id=entry_id,
                outcome=outcome,
                status=STATUS[outcome],
                conflict_id=delivered.conflict_id,
                problem=problem,
            )
        return cls(
            entry_id=entry_id, outcome=outcome, status=STATUS[outcome], verdict=stored.verdict,
            record_id=None if outcome == "practised" else stored.record_id, failed_sets=list(stored.failed_sets),
            warnings=[WarningOut.of(each, language) for each in stored.warned],
            inspection=DoneOut.of(stored.done.decided), flags=list(delivered.flags),
        )  # fmt: skip


class SyncOut(BaseModel):
    """One answer for each entry, and for each item of a check (before the check's own), in the order sent."""

    received_at: datetime
    skew_seconds: int
    skewed: bool
    answers: list[Answer]
