"""One typed settings object, read once from `TRACE_*` variables.

Production refuses to start on a missing, weak or repeated secret and names every bad variable in one go;
no value of a secret ever appears in an error, a log or a `repr`.
"""

import base64
import binascii
import dataclasses
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast
from urllib.parse import unquote, urlsplit

Mode = Literal["demo", "production", "test"]
PREFIX = "TRACE_"
MASK = "********"
MIN_SECRET_LENGTH = 32
MIN_PASSWORD_LENGTH = 16
MIN_DISTINCT_CHARACTERS = 10
# Words of examples and defaults: what is left of a secret without them must still be long enough.
KNOWN_WORDS = re.compile(
    r"change[-_ ]?me|demo|default|secret|password|passwd|example|insecure|test|sample|admin|qwerty"
    r"|trace|quality|0123456789|123456789|12345678|abcdefghij",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class SettingProblem:
    """One reason not to start: the variables concerned and a code whose text is `setting.<code>`."""

    variables: tuple[str, ...]
    code: str


class SettingsError(Exception):
    """All problems found, each with the names of its variables and never a value."""

    def __init__(self, problems: list[SettingProblem]) -> None:
        super().__init__("; ".join(f"{', '.join(p.variables)}: {p.code}" for p in problems))
        self.problems = problems


@dataclass(frozen=True, slots=True, repr=False)
class CodeKey:
    """A 32-byte key of the keyed check in codes; its version is the key number that every code made with it prints."""

    version: int
    key: bytes

    def __repr__(self) -> str:
        return f"CodeKey(version={self.version}, key={MASK})"


@dataclass(frozen=True, repr=False)
class Settings:
    """Everything a process needs to know from outside. Sizes in bytes, times in seconds."""

    mode: Mode
    database_dsn: str
    public_database_dsn: str
    valkey_url: str
    token_key: bytes
    file_key: bytes
    code_keys: tuple[CodeKey, ...]
    device_salt: bytes
    base_url: str
    owner_database_dsn: str | None = None
    origins: tuple[str, ...] = ()
    host: str = "127.0.0.1"
    port: int = 8000
    http_workers: int = 2
    proxies_count: int = 0
    real_ip_header: str | None = None
    data_dir: Path = Path("var")
    database_pool_size: int = 8
    public_database_pool_size: int = 3
    import_max_rows: int = 200_000
    import_max_cell_chars: int = 4_000
    import_max_file_bytes: int = 50 * 1024 * 1024
    attachment_max_bytes: int = 10 * 1024 * 1024
    request_max_bytes: int = 52 * 1024 * 1024
    wechat_base_url: str = "https://api.weixin.qq.com"
    wechat_mini_app_id: str | None = None
    wechat_mini_secret: str | None = None
    wechat_official_app_id: str | None = None
    wechat_official_secret: str | None = None
    wechat_callback_token: str | None = None
    alipay_gateway: str = "https://openapi.alipay.com/gateway.do"
    alipay_app_id: str | None = None
    alipay_app_key: str | None = None
    alipay_public_key: str | None = None
    alipay_authorize_url: str = "https://openauth.alipay.com/oauth2/publicAppAuthorize.htm"
    alipay_page_app_id: str | None = None
    alipay_page_app_key: str | None = None
    alipay_page_public_key: str | None = None
    aliyun_sms_url: str = "https://dysmsapi.aliyuncs.com"
    aliyun_key_id: str | None = None
    aliyun_key_secret: str | None = None
    sms_sign_name: str | None = None
    sms_code_template: str | None = None
    sms_day_limit: int = 2000
    complaint_contact_days: int = 180

    @property
    def minting_key(self) -> CodeKey:
        """The key new codes are made with: the last one listed."""
        return self.code_keys[-1]

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> "Settings":
        """Settings from `TRACE_*`; raises SettingsError naming every bad variable."""
        return _Reader(os.environ if environ is None else environ).read()

    def __repr__(self) -> str:
        return f"Settings({', '.join(_shown(self))})"


VENDOR_SECRETS = frozenset({
    "wechat_mini_secret", "wechat_official_secret", "wechat_callback_token", "alipay_app_key", "alipay_page_app_key",
    "aliyun_key_secret",
})  # fmt: skip
SECRET_FIELDS = frozenset({"token_key", "file_key", "device_salt"}) | VENDOR_SECRETS
DSN_FIELDS = frozenset({"database_dsn", "public_database_dsn", "owner_database_dsn", "valkey_url"})


def mask_password(dsn: str) -> str:
    """The same DSN with its password hidden, also one given as a query parameter."""
    masked = re.sub(r"(://[^:/@]*:).*@", rf"\1{MASK}@", dsn)
    return re.sub(r"([?&]password=)[^&]*", rf"\1{MASK}", masked)


def _shown(settings: Settings) -> Iterator[str]:
    for field in dataclasses.fields(settings):
        value = getattr(settings, field.name)
        if field.name in SECRET_FIELDS and value is not None:
            yield f"{field.name}={MASK}"
        elif field.name in DSN_FIELDS and value is not None:
            yield f"{field.name}={mask_password(value)!r}"
        else:
            yield f"{field.name}={value!r}"


def _is_weak(text: str, min_length: int) -> bool:
    """Short, made of few characters, or long only through words everybody knows."""
    return len(KNOWN_WORDS.sub("", text)) < min_length or len(set(text)) < MIN_DISTINCT_CHARACTERS


def _password(dsn: str) -> str:
    parts = urlsplit(dsn)
    return unquote(parts.password or "")


class _Reader:
    """Reads variables one by one and remembers every problem instead of stopping at the first."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.environ = environ
        self.problems: list[SettingProblem] = []

    def read(self) -> Settings:
        values = {**self._connections(), **self._secrets(), **self._plain(), **self._vendors()}
        if values["mode"] == "production":
            self._check_production(values)
        if self.problems:
            raise SettingsError(self.problems)
        return Settings(**values)  # type: ignore[arg-type]  # every value was parsed for its own field

    def _bad(self, name: str, code: str) -> None:
        self.problems.append(SettingProblem((PREFIX + name,), code))

    def _text(self, name: str) -> str | None:
        return self.environ.get(PREFIX + name, "").strip() or None

    def _required(self, name: str) -> str:
        value = self._text(name)
        if value is None:
            self._bad(name, "missing")
        return value or ""

    def _connections(self) -> dict[str, object]:
        values: dict[str, object] = {
            "database_dsn": self._url("DATABASE_DSN", ("postgresql", "postgres")),
            "public_database_dsn": self._url("PUBLIC_DATABASE_DSN", ("postgresql", "postgres")),
            "valkey_url": self._url("VALKEY_URL", ("redis", "rediss", "unix")),
            "owner_database_dsn": None,
        }
        if self._text("OWNER_DATABASE_DSN"):
            values["owner_database_dsn"] = self._url("OWNER_DATABASE_DSN", ("postgresql", "postgres"))
        return values

    def _url(self, name: str, schemes: tuple[str, ...]) -> str:
        value = self._required(name)
        if value and value.partition("://")[0] not in schemes:
            self._bad(name, "not_a_url")
        return value

    def _secrets(self) -> dict[str, object]:
        token_key = self._required("TOKEN_KEY").encode()
        if token_key and len(token_key) < MIN_SECRET_LENGTH:
            self._bad("TOKEN_KEY", "too_short")
        return {
            "token_key": token_key,
            "file_key": self._key("FILE_KEY", self._required("FILE_KEY")),
            "code_keys": self._code_keys(),
            "device_salt": self._required("DEVICE_SALT").encode(),
        }

    def _key(self, name: str, text: str) -> bytes:
        """32 bytes written as base64 (standard or URL-safe)."""
        if not text:
            return b""
        try:
            key = base64.b64decode(text.replace("-", "+").replace("_", "/"), validate=True)
        except binascii.Error:
            key = b""
        if len(key) != 32:
            self._bad(name, "not_a_32_byte_key")
        return key

    def _code_keys(self) -> tuple[CodeKey, ...]:
        keys: list[CodeKey] = []
        text = self._required("CODE_KEYS")
        for part in filter(None, (part.strip() for part in text.split(","))):
            version, _, key = part.partition(":")
            if not (version.isascii() and version.isdigit()):
                self._bad("CODE_KEYS", "not_a_key_list")
                return ()
            keys.append(CodeKey(int(version), self._key("CODE_KEYS", key or "?")))
        if text and (not keys or len({key.version for key in keys}) < len(keys)):
            self._bad("CODE_KEYS", "not_a_key_list")
        return tuple(keys)

    def _plain(self) -> dict[str, object]:
        values: dict[str, object] = {
            "mode": self._mode(),
            "base_url": self._url("BASE_URL", ("http", "https")).rstrip("/"),
            "origins": tuple(o.strip() for o in (self._text("ORIGINS") or "").split(",") if o.strip()),
            "host": self._text("HOST") or Settings.host,
            "real_ip_header": self._text("REAL_IP_HEADER"),
            "data_dir": Path(self._text("DATA_DIR") or Settings.data_dir),
        }
        for name, low, high in INTEGERS:
            number = self._integer(name.upper(), low, high)
            if number is not None:
                values[name] = number
        return values

    def _vendors(self) -> dict[str, object]:
        """Accounts at vendors: each whole, or left out."""
        for account in VENDOR_ACCOUNTS:
            missing = [name for name in account if self._text(name.upper()) is None]
            if 0 < len(missing) < len(account):
                self.problems.append(SettingProblem(tuple(PREFIX + name.upper() for name in missing), "incomplete"))
        given: dict[str, object] = {n: t for a in VENDOR_ACCOUNTS for n in a if (t := self._text(n.upper()))}
        for name in VENDOR_ADDRESSES:
            if self._text(name.upper()):
                given[name] = self._url(name.upper(), ("http", "https")).rstrip("/")
        return given

    def _mode(self) -> Mode:
        value = self._text("MODE") or "production"
        if value not in ("demo", "production", "test"):
            self._bad("MODE", "not_a_mode")
        return cast(Mode, value)

    def _integer(self, name: str, low: int, high: int) -> int | None:
        value = self._text(name)
        if value is None:
            return None
        if not re.fullmatch(r"[0-9]{1,12}", value) or not low <= int(value) <= high:
            self._bad(name, "not_in_range")
            return None
        return int(value)

    def _check_production(self, values: Mapping[str, object]) -> None:
        if not str(values["base_url"]).startswith("https://"):
            self._bad("BASE_URL", "not_https")
        for name in VENDOR_ADDRESSES:
            if not str(values.get(name, "https://")).startswith("https://"):
                self._bad(name.upper(), "not_https")
        bad = {name for problem in self.problems for name in problem.variables}
        self._refuse_weak(bad)
        self._refuse_repeated()

    def _refuse_weak(self, already_bad: set[str]) -> None:
        for name, secret, min_length in self._secret_texts():
            if PREFIX + name in already_bad:
                continue
            if not secret:
                self._bad(name, "no_password")
            elif _is_weak(secret, min_length):
                self._bad(name, "weak")
                already_bad.add(PREFIX + name)

    def _refuse_repeated(self) -> None:
        owners: dict[str, list[str]] = {}
        for name, secret, _ in self._secret_texts():
            if secret:
                owners.setdefault(secret, []).append(PREFIX + name)
        for names in owners.values():
            if len(names) > 1:
                self.problems.append(SettingProblem(tuple(names), "repeated"))

    def _secret_texts(self) -> Iterator[tuple[str, str, int]]:
        """(variable, secret as text, least length). Keys count as bytes: their base64 hides a weak one."""
        for name in ("TOKEN_KEY", "DEVICE_SALT"):
            yield name, self._text(name) or "", MIN_SECRET_LENGTH
        yield "FILE_KEY", _decoded(self._text("FILE_KEY") or ""), MIN_SECRET_LENGTH
        for part in (self._text("CODE_KEYS") or "").split(","):
            yield "CODE_KEYS", _decoded(part.strip().partition(":")[2]), MIN_SECRET_LENGTH
        for name in ("DATABASE_DSN", "PUBLIC_DATABASE_DSN", "OWNER_DATABASE_DSN", "VALKEY_URL"):
            dsn = self._text(name)
            if dsn and not _by_unix_socket(dsn):
                yield name, _password(dsn), MIN_PASSWORD_LENGTH


def _by_unix_socket(dsn: str) -> bool:
    """The operating system says who connects; no password is needed."""
    return dsn.startswith("unix:") or "host=/" in dsn or "host=%2F" in dsn


def _decoded(text: str) -> str:
    try:
        return base64.b64decode(text.replace("-", "+").replace("_", "/")).decode("latin-1")
    except binascii.Error:
        return text


VENDOR_ADDRESSES = ("wechat_base_url", "alipay_gateway", "alipay_authorize_url", "aliyun_sms_url")
VENDOR_ACCOUNTS = (
    ("wechat_mini_app_id", "wechat_mini_secret"),
    ("wechat_official_app_id", "wechat_official_secret"),
    ("wechat_callback_token",),
    ("alipay_app_id", "alipay_app_key", "alipay_public_key"),
    ("alipay_page_app_id", "alipay_page_app_key", "alipay_page_public_key"),
    ("aliyun_key_id", "aliyun_key_secret", "sms_sign_name", "sms_code_template"),
)
INTEGERS: tuple[tuple[str, int, int], ...] = (
    ("sms_day_limit", 1, 10_000_000),
    ("complaint_contact_days", 1, 3650),
    ("port", 1, 65_535),
    ("http_workers", 1, 64),
    ("proxies_count", 0, 10),
    ("database_pool_size", 1, 200),
    ("public_database_pool_size", 2, 50),
    ("import_max_rows", 1, 2_000_000),
    ("import_max_cell_chars", 1, 32_767),
    ("import_max_file_bytes", 1, 1 << 30),
    ("attachment_max_bytes", 1, 1 << 30),
    ("request_max_bytes", 1024, 1 << 31),
)
