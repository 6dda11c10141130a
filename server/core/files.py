"""Attachments at rest: AES-256-GCM, bound to the tenant and the digest of the plain bytes."""

import hashlib
import os
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_VERSION = b"\x01"
_NONCE_BYTES = 12


class BrokenFile(RuntimeError):
    """What is stored is not what was stored: wrong key, or changed bytes."""


class FileBox:
    """Seals and opens files with one 32-byte key."""

    def __init__(self, key: bytes) -> None:
        self._aead = AESGCM(key)

    def seal(self, tenant_id: UUID, plain: bytes) -> tuple[bytes, bytes]:
        """(SHA-256 of the plain bytes, sealed bytes)."""
        digest = hashlib.sha256(plain).digest()
        nonce = os.urandom(_NONCE_BYTES)
        return digest, _VERSION + nonce + self._aead.encrypt(nonce, plain, tenant_id.bytes + digest)

    def open(self, tenant_id: UUID, digest: bytes, sealed: bytes) -> bytes:
        """The plain bytes, verified against their digest; BrokenFile otherwise."""
        nonce, body = sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
        try:
            plain = self._aead.decrypt(nonce, body, tenant_id.bytes + digest)
        except InvalidTag:
            raise BrokenFile("a stored file does not open") from None
        if sealed[:1] != _VERSION or hashlib.sha256(plain).digest() != digest:
            raise BrokenFile("a stored file does not match its digest")
        return plain


def sniff(head: bytes) -> str | None:
    """The media type that the first bytes prove: PDF, JPEG or PNG, else None. Names and headers are not believed."""
    if head.startswith(b"%PDF-"):
        return "application/pdf"
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    return None
