"""`make bundle`: one tar for a machine without internet. It holds the committed tree, every wheel for this platform with its
digest, and the front-end files already built. There: unpack, `make demo`.
"""

import hashlib
import io
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
from pathlib import Path

from workers import terminal
from workers.ops import copies
from workers.ops.refusals import Refused

ROOT = Path(__file__).resolve().parents[2]
VENDORS = (Path("admin/static/vendor"), Path("miniprogram_api/static/vendor"))
WHEELS = "wheels"  # the Makefile installs from it, and from nothing else, where it is there
PINNED = "requirements.txt"


def run(to: Path | None) -> int:
    """Exit code 0, with the size printed."""
    folder = to or ROOT / "var"
    folder.mkdir(parents=True, exist_ok=True)
    commit = _git("rev-parse", "--short=12", "HEAD").strip()
    target = folder / f"quality-trace-{commit}-{platform()}.tar"
    with tempfile.TemporaryDirectory(prefix="quality-trace-bundle-", dir=folder) as work:
        wheels = collect_wheels(Path(work) / WHEELS)
        unfinished = Path(work) / target.name
        write(unfinished, target.name.removesuffix(".tar"), commit, wheels)
        copies.sync(unfinished)
        unfinished.replace(target)
    copies.sync(folder)
    size, digest = copies.measure(target)
    terminal.say("bundle.done", path=target, megabytes=f"{size / 1e6:.0f}", digest=digest)
    terminal.say("bundle.use", name=target.name.removesuffix(".tar"), python=f"python3.{sys.version_info.minor}")
    return 0


def platform() -> str:
    """Of which Python and which machine the wheels are, such as `cp311-linux_x86_64`."""
    name = sysconfig.get_platform().replace("-", "_").replace(".", "_")
    return f"cp{sys.version_info.major}{sys.version_info.minor}-{name}"


def _git(*arguments: str) -> str:
    done = subprocess.run(
        ["git", "-c", f"safe.directory={ROOT}", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise Refused("no_clone", reason=(done.stderr.strip().splitlines() or ["?"])[-1])
    return done.stdout


def collect_wheels(folder: Path) -> Path:
    """Every pinned package as a wheel, and the list that installs them: each pin with the digest of its file."""
    _pip("-r", "requirements.txt", folder=folder)
    _pip("--no-deps", "-r", "requirements-demo.txt", folder=folder)
    lines = [pin(wheel) for wheel in sorted(folder.glob("*.whl"))]
    (folder / PINNED).write_text("".join(lines), "utf-8")
    (folder / "platform").write_text(f"{platform()}\n", "utf-8")
    return folder


def _pip(*arguments: str, folder: Path) -> None:
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check", "--wheel-dir", str(folder)]
    done = subprocess.run([*pip, *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        errors = [line for line in done.stderr.splitlines() if "ERROR" in line] or ["?"]
        raise Refused("tool_failed", tool="pip", reason=errors[-1])


def pin(wheel: Path) -> str:
    """`name==version --hash=sha256:…` of a wheel, by its file name (PEP 427)."""
    name, version = wheel.name.split("-")[:2]
    return f"{name}=={version} --hash=sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}\n"


def write(target: Path, top: str, commit: str, wheels: Path) -> None:
    """The tree of the commit, then what was built; later than the tree, so that make takes it as made."""
    archive = target.with_suffix(".tree")
    _git("archive", "--format=tar", f"--prefix={top}/", f"--output={archive}", commit)
    shutil.move(archive, target)
    moment = int(_git("show", "-s", "--format=%ct", commit)) + 1
    with tarfile.open(target, "a", format=tarfile.PAX_FORMAT) as tar:
        for file in sorted(wheels.iterdir()):
            _add(tar, file, f"{top}/{WHEELS}/{file.name}", moment)
        for folder in VENDORS:
            for file in sorted((ROOT / folder).iterdir()):
                _add(tar, file, f"{top}/{folder}/{file.name}", moment)


def _add(tar: tarfile.TarFile, file: Path, name: str, moment: int) -> None:
    content = file.read_bytes()
    info = tarfile.TarInfo(name)
    info.size, info.mtime, info.mode = len(content), moment, 0o644
    tar.addfile(info, io.BytesIO(content))
