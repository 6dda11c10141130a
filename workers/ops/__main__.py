"""`python -m workers.ops backup | restore | doctor | bundle`: what the commands of the Makefile call."""

import argparse
import errno
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from server.embedded import StartError
from server.settings import SettingsError
from workers import terminal
from workers.ops.refusals import Refused, complain


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """The options of one command; what was left empty is None."""
    parser = argparse.ArgumentParser(prog="python -m workers.ops")
    commands = parser.add_subparsers(dest="command", required=True)
    backup = commands.add_parser("backup")
    backup.add_argument("--data-dir", type=_path)
    backup.add_argument("--to", type=_path)
    backup.add_argument("--keep", default="")
    restore = commands.add_parser("restore")
    restore.add_argument("--from", dest="source", type=_path)
    restore.add_argument("--into", default="")
    restore.add_argument("--keys", type=_path)
    doctor = commands.add_parser("doctor")
    doctor.add_argument("--data-dir", type=_path)
    doctor.add_argument("--to", type=_path)
    doctor.add_argument("--ntp", default="")
    commands.add_parser("bundle").add_argument("--to", type=_path)
    return parser.parse_args(arguments)


def _path(value: str) -> Path | None:
    return Path(value) if value else None


def run(options: argparse.Namespace) -> int:
    """Play the command; what only one of them needs is not loaded for the others."""
    if options.command == "backup":
        from workers.ops import backup

        return backup.run(options.data_dir, options.to, options.keep, os.environ)
    if options.command == "restore":
        from workers.ops import restore

        return restore.run(options.source, options.into, options.keys, os.environ)
    if options.command == "doctor":
        from workers.ops import doctor

        return doctor.run(options.data_dir, options.to, options.ntp, os.environ)
    from workers.ops import bundle

    return bundle.run(options.to)


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code: 0 done, 1 refused or something is not as it should be, 2 settings refused."""
    try:
        return run(parse(sys.argv[1:] if arguments is None else arguments))
    except Refused as refused:
        complain(refused)
    except StartError as error:
        terminal.complain_start(error)
    except SettingsError as error:
        terminal.complain_settings(error)
        return 2
    except OSError as error:
        code = "disk_full" if error.errno in (errno.ENOSPC, errno.EDQUOT) else "system"
        complain(Refused(code, path=error.filename or "", reason=error.strerror or type(error).__name__))
    except KeyboardInterrupt:
        return 130
    return 1


if __name__ == "__main__":
    sys.exit(main())
