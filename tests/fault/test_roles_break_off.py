"""Promise: a role that an error ends says so in the log, without the error's words, and exits with a code that is not 0."""

import logging
import os

import pytest

from server.settings import Settings
from workers import dispatcher, http, importer, messenger, minting, run, scheduler
from workers.roles import ROLES

SECRET = "postgresql://user:a-password@host"
WORK = {
    "minting": (minting, "mint_round"),
    "importer": (importer, "import_round"),
    "dispatcher": (dispatcher.Dispatcher, "round"),
    "messenger": (messenger, "open_vendors"),
    "scheduler": (scheduler, "tick"),
    "http": (http, "create_app"),
}


def broken(*_: object, **__: object) -> None:
    raise RuntimeError(SECRET)


def test_every_role_is_tried() -> None:
    assert set(WORK) == {*ROLES, "http"}


@pytest.mark.parametrize("role", sorted(WORK))
def test_a_role_whose_work_fails_ends_with_a_line_and_a_code(
    role: str, settings: Settings, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(*WORK[role], broken)
    monkeypatch.setattr(Settings, "from_env", lambda environment=os.environ: settings)
    monkeypatch.setattr(http, "listen", lambda *_: [None])
    assert run.run_role(role, {}, None) == 1
    said = [record.getMessage() for record in caplog.records if record.levelno == logging.CRITICAL]
    assert len(said) == 1
    assert said[0].startswith(f"the {role} role broke off: RuntimeError\n")
    assert "test_roles_break_off.py" in said[0]
    assert SECRET not in caplog.text
