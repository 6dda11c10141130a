"""The machine: room on its disks, who has the port, the certificate that people meet, the time of the network."""

import http.client
import shutil
import socket
import ssl
import struct
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import urlsplit

import psutil

from server.embedded.ports import is_free
from workers.ops.doctor.findings import Finding, fail, ok, warn
from workers.ops.doctor.patient import Patient

FULL_BYTES = 1 << 30
NEARLY_FULL_PERCENT = 80
CERTIFICATE_DAYS = 21
PATIENCE_SECONDS = 5.0
CLOCK_WARN_SECONDS, CLOCK_FAIL_SECONDS = 2.0, 60.0
NTP_EPOCH = 2_208_988_800  # seconds from 1900 to 1970


def disks(patient: Patient) -> Iterator[Finding]:
    """Each disk once: of the demo, or of this machine's root, and of the backups."""
    seen = set()
    for place in (patient.data_dir or Path("/"), patient.backups):
        there = next(path for path in (place.absolute(), *place.absolute().parents) if path.exists())
        if (device := there.stat().st_dev) not in seen:
            seen.add(device)
            yield disk(place, *shutil.disk_usage(there))


def disk(place: Path, total: int, used: int, free: int) -> Finding:
    """How much room there is."""
    percent = round(100 * used / max(used + free, 1))
    params = {"path": place, "gigabytes": f"{free / 1e9:.1f}", "percent": percent}
    if free < FULL_BYTES:
        return fail("disk_full", **params)
    return warn("disk_filling", **params) if percent >= NEARLY_FULL_PERCENT else ok("disk", **params)


def port(patient: Patient) -> Iterator[Finding]:
    """Free, ours, or somebody else's."""
    if patient.settings is None:
        return
    number = patient.settings.port
    if is_free(number):
        yield ok("port_free", port=number)
        return
    holder = holder_of(number)
    if holder is None:
        yield warn("port_unknown", port=number)
    elif is_ours(holder):
        yield ok("port_ours", port=number, pid=holder.pid)
    else:
        yield fail("port_taken", port=number, program=holder.name(), pid=holder.pid)


def holder_of(number: int) -> psutil.Process | None:
    """Who listens there, where the system lets us see it."""
    try:
        found = [
            c
            for c in psutil.net_connections("tcp")
            if c.status == psutil.CONN_LISTEN and c.laddr and c.laddr.port == number
        ]
        return next((psutil.Process(c.pid) for c in found if c.pid), None)
    except (psutil.Error, OSError):
        return None


def is_ours(process: psutil.Process) -> bool:
    """The supervisor or a role of it."""
    return "workers.run" in process.cmdline()


def certificate(patient: Patient) -> Iterator[Finding]:
    """What a phone meets at the base address."""
    if patient.settings is None:
        return
    address = urlsplit(patient.settings.base_url)
    if address.scheme != "https":
        yield ok("certificate_http", address=patient.settings.base_url)
        return
    host = str(address.hostname)
    try:
        end = expiry(host, address.port or 443)
    except ssl.SSLCertVerificationError as error:
        yield fail("certificate_refused", host=host, reason=error.verify_message)
    except (OSError, TimeoutError) as error:
        yield warn("certificate_unreachable", host=host, reason=error.strerror or type(error).__name__)
    else:
        days = (end - datetime.now(UTC)).days
        judged = warn if days < CERTIFICATE_DAYS else ok
        yield judged("certificate_ends" if days < CERTIFICATE_DAYS else "certificate", host=host, days=days)


def expiry(host: str, number: int, context: ssl.SSLContext | None = None) -> datetime:
    """When the certificate ends that this host shows, checked as a phone would."""
    trusted = context or ssl.create_default_context()
    with (
        socket.create_connection((host, number), timeout=PATIENCE_SECONDS) as plain,
        trusted.wrap_socket(plain, server_hostname=host) as secured,
    ):
        shown = secured.getpeercert() or {}
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(str(shown["notAfter"])), UTC)


def clock(difference_seconds: float, than: str) -> Finding:
    """How far this machine's clock is from another."""
    params = {"seconds": f"{difference_seconds:+.1f}", "than": than}
    if abs(difference_seconds) >= CLOCK_FAIL_SECONDS:
        return fail("clock_wrong", **params)
    return (warn if abs(difference_seconds) >= CLOCK_WARN_SECONDS else ok)(
        "clock_differs" if abs(difference_seconds) >= CLOCK_WARN_SECONDS else "clock", **params
    )


def network_time(patient: Patient) -> Iterator[Finding]:
    """Against a time server, where one was named: NTP=host or host:port, or a web server's address for its Date."""
    if not patient.ntp:
        yield ok("ntp_not_asked")
        return
    by_web = patient.ntp.startswith(("http://", "https://"))
    try:
        yield clock(web_difference(patient.ntp) if by_web else ntp_difference(patient.ntp), patient.ntp)
    except (OSError, ValueError, TypeError, struct.error, http.client.HTTPException) as error:
        yield warn("ntp_silent", host=patient.ntp, reason=getattr(error, "strerror", None) or type(error).__name__)


def web_difference(address: str) -> float:
    """Our clock minus the middle of the second that a web server's Date names."""
    parts = urlsplit(address)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(str(parts.hostname), parts.port, timeout=PATIENCE_SECONDS)
    try:
        connection.request("HEAD", "/", headers={"Connection": "close"})
        said = connection.getresponse().headers["Date"]
        return time.time() - parsedate_to_datetime(said).timestamp() - 0.5
    finally:
        connection.close()


def ntp_difference(server: str) -> float:
    """Our clock minus the server's, in seconds (SNTP, RFC 4330)."""
    host, _, number = server.partition(":")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.settimeout(PATIENCE_SECONDS)
        begun = time.time()
        asking.sendto(b"\x23" + 47 * b"\0", (host, int(number or 123)))
        answer, _ = asking.recvfrom(512)
        middle = (begun + time.time()) / 2
    whole, fraction = struct.unpack("!II", answer[40:48])
    return float(middle - (whole - NTP_EPOCH + fraction / (1 << 32)))
