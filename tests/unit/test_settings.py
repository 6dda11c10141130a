"""Promise: production refuses missing, weak and repeated secrets, names every bad variable, never a value."""

import base64
import secrets

import pytest

from i18n import LANGUAGES, text
from server.settings import Settings, SettingsError, mask_password


def key() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


def dsn(role: str, password: str | None = None) -> str:
    return f"postgresql://{role}:{password or secrets.token_urlsafe(24)}@db.internal:5432/trace"


@pytest.fixture
def production() -> dict[str, str]:
    return {
        "TRACE_MODE": "production",
        "TRACE_DATABASE_DSN": dsn("trace_app"),
        "TRACE_PUBLIC_DATABASE_DSN": dsn("trace_public"),
        "TRACE_OWNER_DATABASE_DSN": dsn("trace_owner"),
        "TRACE_VALKEY_URL": f"redis://:{secrets.token_urlsafe(24)}@cache.internal:6379/0",
        "TRACE_TOKEN_KEY": secrets.token_urlsafe(48),
        "TRACE_FILE_KEY": key(),
        "TRACE_CODE_KEYS": f"1:{key()},2:{key()}",
        "TRACE_DEVICE_SALT": secrets.token_urlsafe(48),
        "TRACE_BASE_URL": "https://trace.factory.cn/",
        "TRACE_ORIGINS": "https://shop.factory.cn, https://m.factory.cn",
    }


def problems(environment: dict[str, str]) -> dict[str, str]:
    """Code by variable."""
    with pytest.raises(SettingsError) as caught:
        Settings.from_env(environment)
    return {name: problem.code for problem in caught.value.problems for name in problem.variables}


def test_good_settings_are_typed_and_the_last_key_mints(production: dict[str, str]) -> None:
    settings = Settings.from_env({**production, "TRACE_PORT": "8443", "TRACE_IMPORT_MAX_ROWS": "1000"})
    assert (settings.port, settings.import_max_rows, settings.attachment_max_bytes) == (8443, 1000, 10 << 20)
    assert [k.version for k in settings.code_keys] == [1, 2]
    assert settings.minting_key.version == 2
    assert len(settings.file_key) == 32
    assert settings.base_url == "https://trace.factory.cn"
    assert settings.origins == ("https://shop.factory.cn", "https://m.factory.cn")


def test_an_empty_environment_means_production_and_names_everything_missing() -> None:
    found = problems({})
    required = {"DATABASE_DSN", "PUBLIC_DATABASE_DSN", "VALKEY_URL", "TOKEN_KEY", "FILE_KEY", "CODE_KEYS"}
    assert {f"TRACE_{name}" for name in required | {"DEVICE_SALT", "BASE_URL"}} <= found.keys()
    assert found["TRACE_TOKEN_KEY"] == "missing"


WEAK = [
    ("TRACE_TOKEN_KEY", "short", "too_short"),
    ("TRACE_TOKEN_KEY", "a" * 64, "weak"),
    ("TRACE_TOKEN_KEY", "changeme-changeme-changeme-changeme", "weak"),
    ("TRACE_TOKEN_KEY", "demo-secret-password-default-test-admin-12345678", "weak"),
    ("TRACE_DEVICE_SALT", "salt", "weak"),
    ("TRACE_FILE_KEY", base64.b64encode(b"x" * 32).decode(), "weak"),
    ("TRACE_FILE_KEY", base64.b64encode(b"0123456789abcdef").decode(), "not_a_32_byte_key"),
    ("TRACE_FILE_KEY", "not base64!", "not_a_32_byte_key"),
    ("TRACE_CODE_KEYS", "1:" + base64.b64encode(b"secretpassword" * 2 + b"demo").decode(), "weak"),
    ("TRACE_CODE_KEYS", "no version", "not_a_key_list"),
    ("TRACE_DATABASE_DSN", dsn("trace_app", "trace"), "weak"),
    ("TRACE_DATABASE_DSN", "postgresql://trace_app@db.internal/trace", "no_password"),
    ("TRACE_DATABASE_DSN", "mysql://trace_app:x@db.internal/trace", "not_a_url"),
    ("TRACE_VALKEY_URL", "redis://cache.internal:6379/0", "no_password"),
    ("TRACE_BASE_URL", "http://trace.factory.cn", "not_https"),
    ("TRACE_MODE", "prod", "not_a_mode"),
    ("TRACE_PORT", "70000", "not_in_range"),
    ("TRACE_IMPORT_MAX_ROWS", "many", "not_in_range"),
]


@pytest.mark.parametrize(("name", "value", "code"), WEAK)
def test_production_refuses(production: dict[str, str], name: str, value: str, code: str) -> None:
    assert problems({**production, name: value}) == {name: code}


def test_one_value_for_two_secrets_names_both(production: dict[str, str]) -> None:
    shared = secrets.token_urlsafe(48)
    found = problems({**production, "TRACE_TOKEN_KEY": shared, "TRACE_DEVICE_SALT": shared})
    assert found == {"TRACE_TOKEN_KEY": "repeated", "TRACE_DEVICE_SALT": "repeated"}


def test_one_key_under_two_versions_is_refused(production: dict[str, str]) -> None:
    same = key()
    assert problems({**production, "TRACE_CODE_KEYS": f"1:{same},2:{same}"}) == {"TRACE_CODE_KEYS": "repeated"}


def test_a_unix_socket_needs_no_password(production: dict[str, str]) -> None:
    local = {
        "TRACE_DATABASE_DSN": "postgresql://trace_app@/trace?host=/run/postgresql",
        "TRACE_VALKEY_URL": "unix:///run/valkey/valkey.sock?db=0",
    }
    assert Settings.from_env({**production, **local}).valkey_url.startswith("unix:")


def test_other_modes_take_weak_secrets(production: dict[str, str]) -> None:
    weak = {"TRACE_MODE": "test", "TRACE_DEVICE_SALT": "salt", "TRACE_BASE_URL": "http://127.0.0.1:8000"}
    assert Settings.from_env({**production, **weak}).device_salt == b"salt"


def test_neither_repr_nor_errors_show_a_value(production: dict[str, str]) -> None:
    shown = repr(Settings.from_env(production))
    with pytest.raises(SettingsError) as caught:
        Settings.from_env({**production, "TRACE_TOKEN_KEY": "changeme", "TRACE_VALKEY_URL": "x://:hunter2@y"})
    shown += repr(caught.value) + str(caught.value)
    for name in ("TRACE_TOKEN_KEY", "TRACE_FILE_KEY", "TRACE_DEVICE_SALT"):
        assert production[name] not in shown
    for part in production["TRACE_CODE_KEYS"].split(","):
        assert part[2:] not in shown
    for name in ("TRACE_DATABASE_DSN", "TRACE_VALKEY_URL"):
        assert production[name].partition("@")[0].rpartition(":")[2] not in shown
    assert "changeme" not in shown
    assert "hunter2" not in shown


@pytest.mark.parametrize(
    "dsn_with_password",
    ["postgresql://u:p%40ss/w0rd@h/d", "redis://:w0rd@h", "postgresql://u@h/d?password=w0rd&x=1"],
)
def test_passwords_inside_addresses_are_masked(dsn_with_password: str) -> None:
    assert "w0rd" not in mask_password(dsn_with_password)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_problem_has_a_text(language: str) -> None:
    for code in {code for *_, code in WEAK} | {"missing", "repeated"}:
        assert "TRACE_X" in text(f"ops.setting.{code}", language, variables="TRACE_X")


VENDORS = {
    "TRACE_ALIYUN_KEY_ID": "LTAI0123456789", "TRACE_ALIYUN_KEY_SECRET": "only-the-vendor-chooses-it",
    "TRACE_SMS_SIGN_NAME": "一家工厂", "TRACE_SMS_CODE_TEMPLATE": "SMS_1",
}  # fmt: skip


def test_an_account_at_a_vendor_is_whole_or_left_out(production: dict[str, str]) -> None:
    settings = Settings.from_env(production | VENDORS)
    assert (settings.sms_sign_name, settings.aliyun_sms_url) == ("一家工厂", "https://dysmsapi.aliyuncs.com")
    assert Settings.from_env(production).aliyun_key_id is None
    for name in VENDORS:
        rest = {key: value for key, value in VENDORS.items() if key != name}
        assert problems(production | rest) == {name: "incomplete"}


def test_vendors_are_asked_by_https_in_production_alone(production: dict[str, str]) -> None:
    plain = {
        "TRACE_WECHAT_BASE_URL": "http://127.0.0.1:9000",
        "TRACE_ALIPAY_GATEWAY": "http://127.0.0.1:9000/gateway.do",
    }
    assert problems(production | plain) == dict.fromkeys(plain, "not_https")
    assert Settings.from_env(production | plain | {"TRACE_MODE": "demo"}).wechat_base_url == "http://127.0.0.1:9000"


def test_secrets_of_vendors_are_never_shown(production: dict[str, str]) -> None:
    settings = Settings.from_env(production | VENDORS | {"TRACE_WECHAT_CALLBACK_TOKEN": "token-of-the-callback"})
    assert VENDORS["TRACE_ALIYUN_KEY_SECRET"] not in repr(settings)
    assert "token-of-the-callback" not in repr(settings)
    assert "wechat_mini_secret=None" in repr(settings)
