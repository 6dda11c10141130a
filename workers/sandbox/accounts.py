"""Accounts of the sandbox: what an enterprise would have been given by the three vendors. Random for every installation."""

import json
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from server.embedded.state import write_private

FILE = "sandbox.json"
SIGN_NAME = "质量追溯演示"
CODE_TEMPLATE = "SMS_100000001"
AUTHORIZE = "/oauth2/publicAppAuthorize.htm"


@dataclass(frozen=True, slots=True, repr=False)
class Accounts:
    """Private keys as PEM. Both apps at Alipay were given the same keys. Alipay's own key stays here: the application sees its public half alone."""

    mini_app_id: str
    mini_secret: str
    official_app_id: str
    official_secret: str
    callback_token: str
    alipay_app_id: str
    alipay_page_app_id: str
    alipay_app_key: str
    alipay_own_key: str
    aliyun_key_id: str
    aliyun_key_secret: str

    @classmethod
    def make(cls) -> "Accounts":
        return cls(
            f"wx{secrets.token_hex(8)}", secrets.token_hex(16), f"wx{secrets.token_hex(8)}", secrets.token_hex(16),
            secrets.token_hex(12), f"2021{secrets.randbelow(10**12):012d}", f"2021{secrets.randbelow(10**12):012d}", _new_key(), _new_key(),
            f"LTAI{secrets.token_hex(10)}", secrets.token_hex(15),
        )  # fmt: skip

    @classmethod
    def kept(cls, folder: Path) -> "Accounts":
        """Those of this installation; made at the first call, in a file that only its owner reads."""
        file = folder / FILE
        if not file.exists():
            write_private(file, json.dumps(asdict(cls.make()), indent=2))
        kept = json.loads(file.read_text("utf-8"))
        return cls(**{"alipay_page_app_id": _next(kept["alipay_app_id"]), **kept})

    def app_key(self) -> rsa.RSAPrivateKey:
        return _loaded(self.alipay_app_key)

    def own_key(self) -> rsa.RSAPrivateKey:
        return _loaded(self.alipay_own_key)

    def environment(self, base_url: str) -> dict[str, str]:
        """The `TRACE_*` variables with which the application uses this sandbox."""
        public = self.own_key().public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
        return {
            "TRACE_WECHAT_BASE_URL": base_url, "TRACE_ALIPAY_GATEWAY": f"{base_url}/gateway.do", "TRACE_ALIYUN_SMS_URL": base_url,
            "TRACE_WECHAT_MINI_APP_ID": self.mini_app_id, "TRACE_WECHAT_MINI_SECRET": self.mini_secret,
            "TRACE_WECHAT_OFFICIAL_APP_ID": self.official_app_id, "TRACE_WECHAT_OFFICIAL_SECRET": self.official_secret,
            "TRACE_WECHAT_CALLBACK_TOKEN": self.callback_token,
            "TRACE_ALIPAY_APP_ID": self.alipay_app_id, "TRACE_ALIPAY_APP_KEY": _bare(self.alipay_app_key),
            "TRACE_ALIPAY_PUBLIC_KEY": _bare(public), "TRACE_ALIPAY_AUTHORIZE_URL": f"{base_url}{AUTHORIZE}",
            "TRACE_ALIPAY_PAGE_APP_ID": self.alipay_page_app_id, "TRACE_ALIPAY_PAGE_APP_KEY": _bare(self.alipay_app_key),
            "TRACE_ALIPAY_PAGE_PUBLIC_KEY": _bare(public),
            "TRACE_ALIYUN_KEY_ID": self.aliyun_key_id, "TRACE_ALIYUN_KEY_SECRET": self.aliyun_key_secret,
            "TRACE_SMS_SIGN_NAME": SIGN_NAME, "TRACE_SMS_CODE_TEMPLATE": CODE_TEMPLATE,
        }  # fmt: skip


def _next(app_id: str) -> str:
    """For accounts that were kept before pages had an app of their own: another one, the same every time."""
    return f"{(int(app_id) + 1) % 10**16:016d}"


def _new_key() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def _loaded(pem: str) -> rsa.RSAPrivateKey:
    key = load_pem_private_key(pem.encode(), None)
    assert isinstance(key, rsa.RSAPrivateKey)
    return key


def _bare(pem: str) -> str:
    """On one line without its frame, as Alipay's own tool writes keys."""
    return "".join(line for line in pem.splitlines() if not line.startswith("-----"))
