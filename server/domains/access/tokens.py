"""Access tokens (short-lived JWT) and API keys: what a request shows to say who it is."""

import hashlib
import hmac
import secrets
from base64 import b32decode, b32encode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import jwt

from server.core.errors import Unauthenticated

ACCESS_SECONDS = 600
_ALGORITHM = "HS256"
_ISSUER = "quality-trace"
API_KEY_MARK = "qtk_"
PHONE_MARK = "qtp_"  # a person's phone: delivers entries, nothing else
TERMINAL_MARK = "qtt_"  # a phone of a line, signed in for nobody
MARKS = (API_KEY_MARK, PHONE_MARK, TERMINAL_MARK)


@dataclass(frozen=True, slots=True)
class Claims:
    """What an access token says; whether it still holds is asked of the database on every request."""

    session_id: UUID
    user_id: UUID
    tenant_id: UUID | None
    authority_id: UUID | None


def encode(claims: Claims, key: bytes, *, now: datetime | None = None, seconds: int = ACCESS_SECONDS) -> str:
    """A signed token that ends after `seconds`: longer only inside a cookie that scripts cannot read."""
    issued = now or datetime.now(UTC)
    payload: dict[str, Any] = {
        "iss": _ISSUER, "sub": str(claims.user_id), "sid": str(claims.session_id),
        "iat": issued, "exp": issued + timedelta(seconds=seconds),
    }  # fmt: skip
    if claims.tenant_id:
        payload["tid"] = str(claims.tenant_id)
    if claims.authority_id:
        payload["aid"] = str(claims.authority_id)
    return jwt.encode(payload, key, algorithm=_ALGORITHM)


def decode(token: str, key: bytes) -> Claims:
    """The claims of a token that is ours and has not ended; Unauthenticated otherwise, without saying why."""
    try:
        payload = jwt.decode(
            token, key, algorithms=[_ALGORITHM], issuer=_ISSUER, options={"require": ["exp", "sub", "sid"]}
        )
        return Claims(
            UUID(payload["sid"]), UUID(payload["sub"]),
            UUID(payload["tid"]) if "tid" in payload else None, UUID(payload["aid"]) if "aid" in payload else None,
        )  # fmt: skip
    except (jwt.InvalidTokenError, ValueError, TypeError, AttributeError):
        raise Unauthenticated from None


def new_api_key(tenant_id: UUID, mark: str = API_KEY_MARK) -> tuple[str, bytes]:
    """(key shown once, digest stored). The key names its tenant, so that it is looked up inside that scope."""
    key = mark + b32encode(tenant_id.bytes).decode().rstrip("=").lower() + "_" + secrets.token_urlsafe(32)
    return key, digest(key)


def tenant_of_api_key(key: str) -> UUID:
    """The tenant that a key claims; Unauthenticated where it is no key of ours."""
    try:
        text = key[len(API_KEY_MARK) :].split("_", 1)[0].upper()
        return UUID(bytes=b32decode(text + "=" * (-len(text) % 8)))
    except ValueError:
        raise Unauthenticated from None


def new_refresh_token() -> str:
    """256 random bits: the first of a family."""
    return secrets.token_urlsafe(32)


def successor(refresh_token: str, key: bytes) -> str:
    """The next of the family. Made from the one before, so that a lost answer can be given again; only we can make it."""
    mac = hmac.digest(key, b"refresh token successor\x00" + refresh_token.encode(), "sha256")
    return urlsafe_b64encode(mac).decode().rstrip("=")


def digest(secret: str) -> bytes:
    """How random secrets (keys, refresh tokens, device cookies) are stored: SHA-256, enough for 256 random bits."""
    return hashlib.sha256(secret.encode()).digest()
