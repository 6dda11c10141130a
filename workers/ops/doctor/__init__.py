"""`make doctor`: looks at everything an installation stands on and changes nothing. Each line says how it is, and the remedy."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

from i18n import text
from workers import terminal
from workers.ops.doctor import machine, servers, upkeep, vendors
from workers.ops.doctor.findings import Finding, Level
from workers.ops.doctor.patient import Patient, examine


def run(data_dir: Path | None, backups: Path | None, ntp: str, environ: Mapping[str, str]) -> int:
    """Print a line a finding; exit code 1 where one of them is FAIL."""
    findings = diagnose(examine(data_dir, backups, ntp, environ))
    language = terminal.language(environ)
    for finding in findings:
        print(f"{finding.level:<4}  {text(f'ops.doctor.{finding.code}', language, **finding.params)}")
    return int(any(finding.level is Level.FAIL for finding in findings))


def diagnose(patient: Patient) -> list[Finding]:
    """All findings, in the order of the lines."""
    return [
        *machine.disks(patient),
        *asyncio.run(servers.databases(patient)),
        *machine.port(patient),
        *machine.certificate(patient),
        *upkeep.fonts(),
        *upkeep.credentials(patient),
        *asyncio.run(vendors.accounts(patient)),
        *asyncio.run(servers.valkey(patient)),
        *machine.network_time(patient),
        *upkeep.backups(patient),
    ]
