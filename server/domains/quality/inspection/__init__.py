"""Inspections: plans, what falls due, what was missed, how much was accepted, who checked, and how far a failure reaches."""

from server.domains.quality.inspection.calling import call_inspection
from server.domains.quality.inspection.checks import check_record, records_to_check
from server.domains.quality.inspection.commands import (
    CallInspection,
    CheckRecord,
    DayFilter,
    Inspected,
    InspectionFilter,
    LateEntries,
    NewPlan,
    NewPlanVersion,
    PartLots,
    ResumeSampling,
    RetirePlan,
    Sampling,
)
from server.domains.quality.inspection.deciding import Decided
from server.domains.quality.inspection.doing import Done
from server.domains.quality.inspection.late import late_counts, late_setting, set_late_entries
from server.domains.quality.inspection.open import OpenInspection, inspections_open
from server.domains.quality.inspection.parts import lying_elsewhere, part_lots
from server.domains.quality.inspection.plans import add_plan_version, define_plan, get_plan, list_plans, retire_plan
from server.domains.quality.inspection.queries import (
    count_inspections,
    get_inspection,
    list_days,
    list_inspections,
    lot_inspections,
    time_of,
)
from server.domains.quality.inspection.reach import Reach, ReachedLot, reach_of
from server.domains.quality.inspection.sampling import AQLS, Level, Plan, Severity, plan_for
from server.domains.quality.inspection.severity import resume_sampling, sampling_states
from server.domains.quality.inspection.signs import PersonSign, signs_of_day
from server.domains.quality.inspection.unusual import Unusual, entries_unusual

__all__ = [
    "AQLS",
    "CallInspection",
    "CheckRecord",
    "DayFilter",
    "Decided",
    "Done",
    "Inspected",
    "InspectionFilter",
    "LateEntries",
    "Level",
    "NewPlan",
    "NewPlanVersion",
    "OpenInspection",
    "PartLots",
    "PersonSign",
    "Plan",
    "Reach",
    "ReachedLot",
    "ResumeSampling",
    "RetirePlan",
    "Sampling",
    "Severity",
    "Unusual",
    "add_plan_version",
    "call_inspection",
    "check_record",
    "count_inspections",
    "define_plan",
    "entries_unusual",
    "get_inspection",
    "get_plan",
    "inspections_open",
    "late_counts",
    "late_setting",
    "list_days",
    "list_inspections",
    "list_plans",
    "lot_inspections",
    "lying_elsewhere",
    "part_lots",
    "plan_for",
    "reach_of",
    "records_to_check",
    "resume_sampling",
    "retire_plan",
    "sampling_states",
    "set_late_entries",
    "signs_of_day",
    "time_of",
]
