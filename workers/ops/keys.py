"""Which keys a backup needs, by ids that tell nothing of them; and whether the keys at hand are those."""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import asyncpg

from server.core.files import BrokenFile, FileBox
from server.domains.codes import Classifier, Verdict
from server.embedded.state import STATE_FILE
from workers.ops.refusals import Refused

SECRETS = ("TRACE_TOKEN_KEY", "TRACE_FILE_KEY", "TRACE_CODE_KEYS", "TRACE_DEVICE_SALT")
CODES_PER_KEY = 5


def key_id(key: bytes) -> str:
    """16 hex digits that name a key; they lead nowhere near it."""
    return hmac.new(key, b"quality-trace key id", hashlib.sha256).hexdigest()[:16]


def ids(secrets: Mapping[str, str]) -> dict[str, str]:
    """`TRACE_FILE_KEY`, `TRACE_CODE_KEYS:1`, … → id, of everything without which the data lose their meaning."""
    named = {"TRACE_FILE_KEY": _file_key(secrets), "TRACE_DEVICE_SALT": secrets.get("TRACE_DEVICE_SALT", "").encode()}
    named |= {f"TRACE_CODE_KEYS:{number}": key for number, key in _code_keys(secrets).items()}
    if missing := [name for name, key in named.items() if not key]:
        raise Refused("keys_missing", names=", ".join(missing))
    return {name: key_id(key) for name, key in sorted(named.items())}


def compare(needed: Mapping[str, str], secrets: Mapping[str, str]) -> None:
    """Refused, naming variable and ids, unless every key that a backup needs is at hand. More keys do no harm."""
    at_hand = ids(secrets)
    for name, wanted in needed.items():
        if at_hand.get(name) != wanted:
            raise Refused("wrong_key", name=name, needed=wanted, found=at_hand.get(name, "-"))


async def check_used(connection: "asyncpg.Connection[asyncpg.Record]", secrets: Mapping[str, str]) -> None:
    """Refused unless these keys open the newest file and made the codes that are there (a few of each key number)."""
    row = await connection.fetchrow("SELECT tenant_id, digest, sealed FROM blob ORDER BY created_at DESC LIMIT 1")
    if row:
        open_file(FileBox(_file_key(secrets)), row)
    keys = _code_keys(secrets)
    for (number,) in await connection.fetch("SELECT DISTINCT key_number FROM code_order WHERE key_number IS NOT NULL"):
        if number not in keys:
            raise Refused("keys_missing", names=f"TRACE_CODE_KEYS:{number}")
        await _check_codes(connection, number, keys)


async def _check_codes(
    connection: "asyncpg.Connection[asyncpg.Record]", number: int, keys: Mapping[int, bytes]
) -> None:
    texts = await connection.fetch(
        "SELECT c.text FROM code_order o CROSS JOIN LATERAL"
        " (SELECT text FROM code WHERE order_id = o.id ORDER BY serial LIMIT 1) c WHERE o.key_number = $1 LIMIT $2",
        number, CODES_PER_KEY,
    )  # fmt: skip
    classifier = Classifier(dict(keys))
    if any(classifier.classify(text).verdict is Verdict.UNKNOWN for (text,) in texts):
        raise Refused("codes_of_another_key", number=number)


def open_file(box: FileBox, row: "asyncpg.Record") -> None:
    """Refused where a stored file does not open or is not what its digest says."""
    try:
        box.open(row["tenant_id"], bytes(row["digest"]), bytes(row["sealed"]))
    except BrokenFile:
        raise Refused("file_does_not_open", digest=bytes(row["digest"]).hex()) from None


def file_box(secrets: Mapping[str, str]) -> FileBox:
    """Opens the files of an installation with these secrets."""
    return FileBox(_file_key(secrets))


def read(path: Path) -> tuple[dict[str, str], dict[str, Any] | None]:
    """Secrets kept apart, from `trace.env`, or from the `local.json` of a demo with what the demo remembers."""
    try:
        text = (path / STATE_FILE if path.is_dir() else path).read_text("utf-8")
        if text.lstrip().startswith("{"):
            state = json.loads(text)
            return dict(state["secrets"]), state.get("demo")
    except (OSError, ValueError, KeyError) as error:
        raise Refused("keys_unreadable", path=path, reason=type(error).__name__) from None
    pairs = (line.partition("=") for line in text.splitlines() if line.startswith("TRACE_"))
    return {name: value.strip().strip("\"'") for name, _, value in pairs if name in SECRETS}, None


def _file_key(secrets: Mapping[str, str]) -> bytes:
    return _decoded(secrets.get("TRACE_FILE_KEY", ""))


def _code_keys(secrets: Mapping[str, str]) -> dict[int, bytes]:
    parts = [part.strip().partition(":") for part in secrets.get("TRACE_CODE_KEYS", "").split(",") if part.strip()]
    keys = {int(number): _decoded(key) for number, _, key in parts if number.isdigit()}
    if not keys:
        raise Refused("keys_missing", names="TRACE_CODE_KEYS")
    return keys


def _decoded(text: str) -> bytes:
    """Nothing where it is no 32-byte key: said as missing, never shown."""
    try:
        key = base64.b64decode(text.replace("-", "+").replace("_", "/"), validate=True)
    except ValueError:
        return b""
    return key if len(key) == 32 else b""
