"""What comes back from a vendor: signed, fresh and never twice. In the system scope, where the database is asked."""

import hmac
import secrets
import time

from server.core import db
from server.domains.access.problems import CallbackRefused

FRESH_SECONDS = 300
STATE_SECONDS = 600  # somebody may take his time at the vendor's page
_NONCE_CHARS, _MAC_CHARS, _TIME_CHARS = 32, 48, 8


def new_state(key: bytes) -> str:
    """For a redirect: time, nonce and our signature, in hexadecimal digits (WeChat takes letters and digits
    alone, Alipay a hundred of them)."""
    body = f"{int(time.time()):08x}{secrets.token_hex(_NONCE_CHARS // 2)}"
    return body + _mac(key, body)


async def take_state(key: bytes, state: str) -> None:
    """CallbackRefused unless it is ours, fresh, and comes back for the first time."""
    body, mac = state[:-_MAC_CHARS], state[-_MAC_CHARS:]
    if len(body) != _TIME_CHARS + _NONCE_CHARS or not hmac.compare_digest(mac.encode(), _mac(key, body).encode()):
        raise CallbackRefused
    age = time.time() - int(body[:_TIME_CHARS], 16)
    if not -FRESH_SECONDS <= age <= STATE_SECONDS:
        raise CallbackRefused
    await take_nonce("state", body[_TIME_CHARS:])


def check_fresh(timestamp: str) -> None:
    """CallbackRefused where a vendor's message (Unix seconds) is older, or younger, than five minutes."""
    if not (timestamp.isascii() and timestamp.isdigit() and abs(time.time() - int(timestamp[:12])) <= FRESH_SECONDS):
        raise CallbackRefused


async def take_nonce(source: str, nonce: str) -> None:
    """CallbackRefused where it came before. Remembered for a day, which is longer than anything stays fresh."""
    taken = await db.execute(
        "INSERT INTO callback_nonce (source, nonce) VALUES ($1, $2) ON CONFLICT DO NOTHING", source, nonce
    )
    if not taken:
        raise CallbackRefused


def _mac(key: bytes, body: str) -> str:
    return hmac.new(key, b"sign-in state\x00" + body.encode(), "sha256").hexdigest()[:_MAC_CHARS]
