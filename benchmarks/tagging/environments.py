"""The toolkits' virtual environments, made from pinned files, and kept."""

import hashlib
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
OURS = "tagonaut"


class NotInstalled(Exception):
    """An environment that cannot be made, and why."""


def python_of(name: str, kept: Path) -> Path:
    """The interpreter of the environment that ``requirements-NAME.txt`` describes.

    ``tagonaut`` is the one that runs here. Raises ``NotInstalled``.
    """
    if name == OURS:
        return Path(sys.executable)
    requirements = HERE / f"requirements-{name}.txt"
    digest = hashlib.sha256(requirements.read_bytes()).hexdigest()[:8]
    folder = kept / f"{name}-{digest}"
    python, complete = folder / "bin" / "python", folder / "complete"
    if not complete.exists():
        print(f"installing {requirements.name} into {folder}", file=sys.stderr, flush=True)
        _run([sys.executable, "-m", "venv", "--clear", str(folder)])
        _run([str(python), "-m", "pip", "install", "--quiet", "-r", str(requirements)])
        complete.touch()
    return python


def _run(command: list[str]) -> None:
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    if ended.returncode:
        said = (ended.stderr or ended.stdout).strip().splitlines()
        raise NotInstalled(said[-1] if said else f"{command[0]}: status {ended.returncode}")
