"""Signatures as the vendors document them, written apart from the SDKs that are checked by them."""

import hashlib
import hmac
import json
from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256


def aliyun_string_to_sign(method: str, parameters: Mapping[str, str]) -> str:
    """RPC signature version 1.0: everything but `Signature`, sorted, percent-encoded twice over."""
    pairs = sorted((name, value) for name, value in parameters.items() if name != "Signature")
    return f"{method}&%2F&{_encoded('&'.join(f'{_encoded(name)}={_encoded(value)}' for name, value in pairs))}"


def aliyun_signature(string_to_sign: str, secret: str) -> str:
    """HMAC-SHA1 with the secret and an ampersand."""
    return b64encode(hmac.digest(f"{secret}&".encode(), string_to_sign.encode(), "sha1")).decode()


def _encoded(text: str) -> str:
    return quote(text, safe="-_.~")


def alipay_string(parameters: Mapping[str, Any], *, drop_sign_type: bool) -> str:
    """What RSA2 signs: parameters that are not empty, sorted, without `sign`; nested values as compact JSON."""
    dropped = {"sign", "sign_type"} if drop_sign_type else {"sign"}
    kept = sorted((name, value) for name, value in parameters.items() if name not in dropped and value != "")
    return "&".join(f"{name}={_plain(value)}" for name, value in kept)


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def rsa2_sign(key: RSAPrivateKey, text: str) -> str:
    return b64encode(key.sign(text.encode(), PKCS1v15(), SHA256())).decode()


def rsa2_verifies(key: RSAPublicKey, text: str, signature: str) -> bool:
    try:
        key.verify(b64decode(signature), text.encode(), PKCS1v15(), SHA256())
    except (InvalidSignature, ValueError):
        return False
    return True


def wechat_server_signature(token: str, timestamp: str, nonce: str, *more: str) -> str:
    """Of a message that WeChat's server sends: SHA-1 of the sorted parts."""
    return hashlib.sha1("".join(sorted([token, timestamp, nonce, *more])).encode()).hexdigest()  # noqa: S324 - WeChat's choice


def jssdk_signature(ticket: str, nonce: str, timestamp: int, url: str) -> str:
    """Of a page's wx.config: SHA-1 over the four parts in this order, the URL without its fragment."""
    text = f"jsapi_ticket={ticket}&noncestr={nonce}&timestamp={timestamp}&url={url.partition('#')[0]}"
    return hashlib.sha1(text.encode()).hexdigest()  # noqa: S324 - WeChat's choice
