"""Writes the secrets of a new installation: `python3 deploy/make_env.py https://trace.example.com /etc/quality-trace`.

Three files that only their owner may read: `trace.env` for the application, `postgres.env` for
deploy/postgresql/prepare.sh, `valkey.env`. Existing files are never touched. Needs nothing but Python.
"""

import argparse
import base64
import os
import secrets
import sys
from pathlib import Path


def key() -> str:
    """32 random bytes in base64."""
    return base64.b64encode(secrets.token_bytes(32)).decode()


def contents(base_url: str, postgres: str, valkey: str) -> dict[str, dict[str, str]]:
    """File name → variables. `postgres` and `valkey` are `host:port`."""
    owner, app, public, cache = (secrets.token_urlsafe(32) for _ in range(4))
    return {
        "postgres.env": {
            "POSTGRES_PASSWORD": secrets.token_urlsafe(32),
            "OWNER_PASSWORD": owner,
            "APP_PASSWORD": app,
            "PUBLIC_PASSWORD": public,
        },
        "valkey.env": {"VALKEY_PASSWORD": cache},
        "trace.env": {
            "TRACE_BASE_URL": base_url,
            "TRACE_DATABASE_DSN": f"postgresql://trace_app:{app}@{postgres}/trace",
            "TRACE_PUBLIC_DATABASE_DSN": f"postgresql://trace_public:{public}@{postgres}/trace",
            "TRACE_OWNER_DATABASE_DSN": f"postgresql://trace_owner:{owner}@{postgres}/trace",
            "TRACE_VALKEY_URL": f"redis://:{cache}@{valkey}/0",
            "TRACE_TOKEN_KEY": secrets.token_urlsafe(48),
            "TRACE_FILE_KEY": key(),
            "TRACE_CODE_KEYS": f"1:{key()}",
            "TRACE_DEVICE_SALT": secrets.token_urlsafe(48),
            "TRACE_REAL_IP_HEADER": "X-Real-IP",
        },
    }


def write(path: Path, variables: dict[str, str]) -> None:
    """Readable by the owner alone from the first byte on."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.writelines(f"{name}={value}\n" for name, value in variables.items())


def main() -> int:
    parser = argparse.ArgumentParser(description="Write the secrets of a new installation.")
    parser.add_argument("base_url", help="the address people open, such as https://trace.example.com")
    parser.add_argument("folder", type=Path, help="where the files go, such as /etc/quality-trace")
    parser.add_argument("--containers", action="store_true", help="for deploy/compose: servers by their service names")
    options = parser.parse_args()
    if not options.base_url.startswith("https://"):
        parser.error("base_url must begin with https://")
    hosts = ("postgres:5432", "valkey:6379") if options.containers else ("127.0.0.1:5432", "127.0.0.1:6379")
    files = contents(options.base_url.rstrip("/"), *hosts)
    if existing := [name for name in files if (options.folder / name).exists()]:
        parser.error(f"{options.folder} already holds {', '.join(existing)}; lost keys cannot be made again")
    options.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name, variables in files.items():
        write(options.folder / name, variables)
        sys.stdout.write(f"{options.folder / name}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
