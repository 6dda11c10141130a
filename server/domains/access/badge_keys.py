"""The keys by which people sign entries at a terminal, also where there is no network.

A signing key belongs to one terminal, one badge and one number of it; it is made from the platform's key, so none is stored.
The terminal holds it wrapped by a key stretched from the PIN. The platform keeps that stretched key sealed, never the PIN.
All of it is what WebCrypto can do: PBKDF2-SHA256, AES-256-GCM, HMAC-SHA256.
"""

import hashlib
import hmac
import os
from typing import NamedTuple
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

ITERATIONS = 300_000  # some second on the slowest phone of a line: an entry is signed within three
_NONCE_BYTES = 12
_KEY_BYTES = 32


class Wrapped(NamedTuple):
    """A signing key for one terminal, to be opened by the PIN."""

    iv: bytes
    sealed: bytes


def new_salt() -> bytes:
    return os.urandom(16)


def stretch(pin: str, salt: bytes) -> bytes:
    """The key that a PIN stands for. Takes some tenth of a second: not on the loop."""
    return hashlib.pbkdf2_hmac("sha256", pin.encode(), salt, ITERATIONS, _KEY_BYTES)


class BadgeKeys:
    """Makes, wraps and checks by one 32-byte key of the platform."""

    def __init__(self, key: bytes) -> None:
        self._signing = hmac.digest(key, b"signing key of a badge at a terminal", "sha256")
        self._wrapping = hmac.digest(key, b"nonce of a wrapped signing key", "sha256")
        self._pins = AESGCM(hmac.digest(key, b"stretched PINs at rest", "sha256"))

    def seal_pin(self, badge_id: UUID, stretched: bytes) -> bytes:
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._pins.encrypt(nonce, stretched, badge_id.bytes)

    def open_pin(self, badge_id: UUID, sealed: bytes) -> bytes:
        return self._pins.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], badge_id.bytes)

    def signing_key(self, terminal_id: UUID, badge_id: UUID, key_no: int) -> bytes:
        return hmac.digest(self._signing, bound(terminal_id, badge_id, key_no), "sha256")

    def wrap(self, terminal_id: UUID, badge_id: UUID, key_no: int, stretched: bytes) -> Wrapped:
        """The same for the same PIN, so that what a terminal was told stays what it is; never the same nonce for two."""
        about = bound(terminal_id, badge_id, key_no)
        iv = hmac.digest(self._wrapping, about + stretched, "sha256")[:_NONCE_BYTES]
        return Wrapped(iv, AESGCM(stretched).encrypt(iv, self.signing_key(terminal_id, badge_id, key_no), about))

    def is_signed(self, terminal_id: UUID, badge_id: UUID, key_no: int, text: str, mac: bytes) -> bool:
        right = hmac.digest(self.signing_key(terminal_id, badge_id, key_no), text.encode(), "sha256")
        return hmac.compare_digest(right, mac)


def bound(terminal_id: UUID, badge_id: UUID, key_no: int) -> bytes:
    """What a wrapped key is tied to, as the terminal writes it."""
    return f"{terminal_id}|{badge_id}|{key_no}".encode()
