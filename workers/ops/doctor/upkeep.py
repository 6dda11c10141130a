"""What people look after: fonts, secrets and credentials, backups."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from server.core.clock import now
from workers.ops import copies
from workers.ops.doctor.findings import Finding, fail, ok, warn
from workers.ops.doctor.patient import Patient

SAMPLE = "批次合格放行召回追溯检验报告乳品药厂℃≤±"
SECRETS = (
    "TRACE_TOKEN_KEY", "TRACE_FILE_KEY", "TRACE_CODE_KEYS", "TRACE_DEVICE_SALT", "TRACE_DATABASE_DSN",
    "TRACE_PUBLIC_DATABASE_DSN", "TRACE_OWNER_DATABASE_DSN", "TRACE_VALKEY_URL",
)  # fmt: skip
OPTIONAL = {"TRACE_OWNER_DATABASE_DSN"}
OLD = timedelta(hours=26)
SHRUNK = 0.8


def fonts() -> Iterator[Finding]:
    """The Chinese font that sheets and labels embed can be read, and holds the characters they need."""
    try:
        from fontTools.ttLib import TTFont
        from pylopdf_fonts_zh_cn import sans_path

        path = Path(str(sans_path()))
        with TTFont(path, lazy=True, fontNumber=0) as font:
            known = font.getBestCmap()
    except Exception as error:  # a damaged font fails in ways of every kind
        yield fail("font_unreadable", reason=type(error).__name__)
        return
    missing = "".join(sign for sign in SAMPLE if ord(sign) not in known)
    yield fail("font_lacks", name=path.name, characters=missing) if missing else ok("font", name=path.name)


def credentials(patient: Patient) -> Iterator[Finding]:
    """Present and well-formed, never shown."""
    if not patient.variables:
        return
    bad = {name: problem.code for problem in patient.problems for name in problem.variables}
    for name in SECRETS:
        if name in bad:
            yield fail("credential_missing" if bad[name] == "missing" else "credential_malformed", name=name)
        elif patient.variables.get(name):
            yield ok("credential", name=name)
        elif name in OPTIONAL:
            yield warn("credential_absent", name=name)
    for name in sorted(bad.keys() - set(SECRETS)):
        yield fail("setting_refused", name=name)


def backups(patient: Patient) -> Iterator[Finding]:
    """There is one, not too old, and not suddenly small."""
    folder = patient.backups
    try:
        found = copies.whole(folder) if folder.is_dir() else []
        sizes = [copies.size_of(backup) for backup in found[-2:]]
    except OSError as error:
        yield warn("backup_unreadable", path=folder, reason=error.strerror)
        return
    if not found:
        yield warn("backup_none", path=folder)
        return
    newest = found[-1]
    age = now() - copies.made_at(newest)
    params = {"name": newest.name, "hours": round(age.total_seconds() / 3600), "megabytes": f"{sizes[-1] / 1e6:.1f}"}
    if age > OLD:
        yield warn("backup_old", **params)
    elif len(sizes) == 2 and sizes[1] < SHRUNK * sizes[0]:
        yield warn("backup_shrunk", **params, before=f"{sizes[0] / 1e6:.1f}")
    else:
        yield ok("backup", **params)
