"""What is examined: the settings of a production, or of a demo as its data directory tells them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from server.embedded.place import find_place
from server.embedded.state import STATE_FILE, LocalState
from server.settings import SettingProblem, Settings, SettingsError
from workers.ops.installation import DEFAULT_DATA_DIR, backups_of, is_production, running_port


@dataclass(frozen=True)
class Patient:
    """`settings` is None where they are refused (then `problems` says why) or where a demo is not running."""

    variables: Mapping[str, str] = field(repr=False)
    settings: Settings | None
    problems: tuple[SettingProblem, ...]
    data_dir: Path | None  # of a demo
    backups: Path
    ntp: str = ""


def examine(data_dir: Path | None, backups: Path | None, ntp: str, environ: Mapping[str, str]) -> Patient:
    """Read settings, start nothing."""
    folder = backups or backups_of(data_dir, environ)
    if is_production(data_dir, environ):
        return _patient(environ, None, folder, ntp)
    place = data_dir or DEFAULT_DATA_DIR
    variables = demo_variables(place)
    if not variables:
        return Patient({}, None, (), place, folder, ntp)
    return _patient({**environ, **variables}, place, folder, ntp)


def _patient(variables: Mapping[str, str], data_dir: Path | None, folder: Path, ntp: str) -> Patient:
    try:
        return Patient(variables, Settings.from_env(variables), (), data_dir, folder, ntp)
    except SettingsError as error:
        return Patient(variables, None, tuple(error.problems), data_dir, folder, ntp)


def demo_variables(data_dir: Path) -> dict[str, str]:
    """Addresses and secrets of a running demo, nothing where it is not running."""
    if not (data_dir / STATE_FILE).exists():
        return {}
    place = find_place(data_dir)
    port = running_port(data_dir, place)
    configuration = data_dir / "valkey" / "valkey.conf"
    if port is None or not configuration.exists():
        return {}
    state = LocalState.load(data_dir, place.cluster)
    valkey = re.search(r"^port (\d+)$", configuration.read_text("utf-8"), re.MULTILINE)
    address = re.search(r'"base_url": "([^"]+)"', _text(data_dir / "demo.json"))
    base_url = address[1] if address else "http://127.0.0.1:8000"
    logins = {"DATABASE_DSN": "trace_app", "PUBLIC_DATABASE_DSN": "trace_public", "OWNER_DATABASE_DSN": "trace_owner"}
    return {
        **{
            f"TRACE_{n}": f"postgresql://{r}:{state.role_passwords[r]}@127.0.0.1:{port}/trace"
            for n, r in logins.items()
        },
        "TRACE_VALKEY_URL": f"redis://:{state.valkey_password}@127.0.0.1:{valkey[1] if valkey else 0}/0",
        "TRACE_MODE": "demo",
        "TRACE_BASE_URL": base_url,
        "TRACE_PORT": base_url.rpartition(":")[2] if re.search(r":\d+$", base_url) else "8000",
        **state.secrets,
    }


def _text(path: Path) -> str:
    return path.read_text("utf-8") if path.exists() else ""
