"""Promise: the sandbox computes signatures as WeChat, Alipay and Aliyun publish them, and refuses what was altered."""

import json
import os
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key

from workers.sandbox import signatures

VECTORS = Path(os.environ.get("SHARED_DIR", Path(__file__).parents[3] / "shared")) / "vectors"
pytestmark = pytest.mark.skipif(not VECTORS.is_dir(), reason=f"no published vectors at {VECTORS} (SHARED_DIR)")


def vectors(name: str) -> Any:
    return json.loads((VECTORS / name).read_text("utf-8"))


def test_aliyun() -> None:
    published = vectors("cloud-signatures/cloud_signatures.json")["aliyun_rpc_v2"]
    assert len(published) >= 3
    for each in published:
        text = signatures.aliyun_string_to_sign("GET", each["params"])
        assert text == each["string_to_sign"], each["name"]
        assert signatures.aliyun_signature(text, each["secret"]) == each["signature"], each["name"]


def test_alipay() -> None:
    published = vectors("alipay/alipay_notify_rsa2.json")["notify"]
    assert {each["valid"] for each in published} == {True, False}
    for each in published:
        key = load_der_public_key(b64decode(each["public_key_spki_b64"]))
        assert isinstance(key, RSAPublicKey)
        text = signatures.alipay_string(each["params"], drop_sign_type=each.get("drop_sign_type", False))
        assert each["valid"] is signatures.rsa2_verifies(key, text, each["params"]["sign"]), each["name"]
        if each["valid"]:
            assert text == each["string"]


def test_wechat() -> None:
    published = vectors("wechat/wechat_vectors.json")
    page = published["jssdk_signature"]
    signature = signatures.jssdk_signature(
        page["jsapi_ticket"], page["noncestr"], page["timestamp"], page["url"] + "#there"
    )
    assert signature == page["signature"]
    check = published["server_url_check"]
    assert signatures.wechat_server_signature(check["token"], check["timestamp"], check["nonce"]) == check["signature"]
    sealed = published["message_crypto"]["url_verify"]
    parts = (published["message_crypto"]["token"], sealed["timestamp"], sealed["nonce"], sealed["echo_str"])
    assert signatures.wechat_server_signature(*parts) == sealed["signature"]
