"""Devices and calibrations as people enter them."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from server.core.clock import end_of_day
from server.core.days import Day, Happened
from server.core.errors import Problem
from server.core.text import one_line

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80), AfterValidator(one_line)]


class CalibrationBackwards(Problem, ValueError):
    status = 422
    code = "calibration_backwards"


class Command(BaseModel):
    model_config = ConfigDict(extra="forbid")


class NewDevice(Command):
    """`calibration_required`: what was measured with it counts only while a calibration holds."""

    code: Name
    name: Name
    kind: Name
    place_id: UUID | None = None
    calibration_required: bool = False


class DeviceChanges(Command):
    """Only the fields that are sent change. Another `place_id`: it is moved there now."""

    code: Name = Field(default="")
    name: Name = Field(default="")
    kind: Name = Field(default="")
    place_id: UUID | None = None
    calibration_required: bool = False


class MoveDevice(Command):
    """It stands at this place from `at` (now where not said); no place: nobody knows where."""

    place_id: UUID | None
    at: Happened | None = None


class NewCalibration(Command):
    """What the certificate says; `valid_to` is the last day it holds."""

    certificate_no: Name
    calibrated_at: Happened
    valid_to: Day
    passed: bool

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.valid_until <= self.calibrated_at:
            raise CalibrationBackwards(field="valid_to")
        return self

    @property
    def valid_until(self) -> datetime:
        """The first moment at which it holds no more."""
        return end_of_day(self.valid_to)
