"""What several tests need: small real pictures, and the real collections where they are."""

import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import hypothesis
import numpy as np
import pytest
from PIL import Image

# Before anything else is imported that would read them. The tests' networks are too small to be
# shared out among threads.
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ.setdefault("OMP_NUM_THREADS", "1")

# How long an example takes depends on what else the machine does.
hypothesis.settings.register_profile("without deadlines", deadline=None)
hypothesis.settings.load_profile("without deadlines")

# A shell's background jobs ignore ctrl-C; what is tested here does not.
signal.signal(signal.SIGINT, signal.default_int_handler)

SHARED = Path(__file__).parents[2] / "shared"


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache for each test."""
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("TAGONAUT_CACHE", str(folder))
    return folder


@pytest.fixture(autouse=True)
def own_state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Journals of each test's own; a test may undo what it has patched itself."""
    folder = tmp_path_factory.mktemp("state")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TAGONAUT_STATE", str(folder))
        yield folder


@pytest.fixture
def shared() -> Callable[[str], Path]:
    """A path in the folder of real collections; the test is skipped where it is missing."""

    def find(name: str) -> Path:
        path = SHARED / name
        if not path.exists():
            pytest.skip(f"needs the real collection {name}, which is not beside this checkout")
        return path

    return find


COLOURS = {"red": (200, 40, 40), "green": (40, 180, 60), "blue": (40, 70, 210)}


def paint(path: Path, tags: Sequence[str], rng: np.random.Generator, size: int = 40) -> None:
    """A noisy grey picture with a square of each named colour in a corner of its own."""
    pixels = rng.normal(120, 18, (size, size, 3))
    half = size // 2
    for place, name in enumerate(COLOURS):
        if name in tags:
            top, left = divmod(place, 2)
            area = pixels[top * half : (top + 1) * half, left * half : (left + 1) * half]
            area[2:-2, 2:-2] = np.array(COLOURS[name]) + rng.normal(0, 18, area[2:-2, 2:-2].shape)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(path, quality=92)


@pytest.fixture
def painter() -> Callable[[Path, Sequence[str], np.random.Generator], None]:
    """``paint``."""
    return paint


def paint_all(folder: Path, count: int) -> Path:
    """``labels.csv`` and ``images`` in a folder: pictures with every mixture of three colours."""
    rng = np.random.default_rng(0)
    lines = ["image_name,tags"]
    for number in range(count):
        tags = [name for bit, name in enumerate(COLOURS) if number >> bit & 1]
        paint(folder / "images" / f"p{number:02}.jpg", tags, rng)
        lines.append(f"p{number:02},{' '.join(tags)}")
    table = folder / "labels.csv"
    table.write_text("\n".join(lines) + "\n")
    return table


def draw_weights(folder: Path) -> Path:
    """A file of (untrained, but fixed) weights for timm's smallest network, ``test_resnet``."""
    import torch
    from safetensors.torch import save_file

    from tagonaut.models.backbones import create_backbone

    torch.manual_seed(0)
    file = folder / "test_resnet.drawn.safetensors"
    save_file(create_backbone("test_resnet", "random")[0].state_dict(), file)
    return file


@pytest.fixture
def painted(tmp_path: Path) -> Path:
    """``paint_all`` of 90 pictures."""
    return paint_all(tmp_path, 90)


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    """``draw_weights``."""
    return draw_weights(tmp_path)


@pytest.fixture(scope="session")
def trained_run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A run of ``fast`` at 32 pixels on the pictures of ``painted``: to be read, never changed.

    Training takes most of a test's time, so each process does it once. ``run`` is a copy to change.
    """
    import tagonaut
    from tagonaut.learning.recipes import load_recipe

    folder = tmp_path_factory.mktemp("trained")
    table, weights = paint_all(folder, 90), draw_weights(folder)
    recipe = load_recipe("fast", ["size=32"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TAGONAUT_CACHE", str(folder / "cache"))
        run = tagonaut.train(tagonaut.read(table), recipe, out=folder / "run", weights=weights).run
    before = _contents(run)
    yield run
    assert _contents(run) == before, "a test changed the run that all tests share"


def _contents(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def run(trained_run: Path, tmp_path: Path) -> Path:
    """A copy of ``trained_run``; ``painted`` are pictures of the same names and contents."""
    return shutil.copytree(trained_run, tmp_path / "run")


@pytest.fixture
def tagonaut(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[Any, str, str]]:
    """Runs the program as a person does: its exit status, standard output and error."""
    from tagonaut.cli import main

    def run(*arguments: object) -> tuple[Any, str, str]:
        monkeypatch.setattr(sys, "argv", ["tagonaut", *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        assert "Traceback" not in err
        return ended.value.code or 0, out, err

    return run
