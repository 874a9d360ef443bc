"""What is measured side by side."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from environments import OURS

Kind = Literal["sources", "toolkit", "by hand", "Tagonaut", "stage"]


@dataclass(frozen=True)
class Way:
    """A row: a script of ``peers`` in an environment.

    ``kind``: toolkits are used as their documentation shows; "by hand" is what a person does who
    looks further. ``folder``: it works on a folder of its own, copied for it. ``stage``: what of
    Tagonaut it is; ``scorer``: by what. ``writes``: tags.
    """

    name: str
    kind: Kind
    environment: str
    script: str
    arguments: tuple[str, ...] = ()
    writes: bool = False
    folder: bool = False
    stage: str = ""
    scorer: str = ""


def all_ways(weights: Path, runs: dict[str, Path], *, large: bool) -> list[Way]:
    """Every row; some make sense for large pictures alone.

    ``runs``: run folders of one network by what scores them, PyTorch's first.
    """
    by_hand = reduced(weights) if large else []
    return [*sources(weights), *toolkits(weights), *by_hand, *ours(runs), *stages(runs)]


def sources(weights: Path) -> list[Way]:
    """As the published systems do it."""
    given = ("--weights", str(weights))
    script, write = "one_at_a_time.py", (*given, "--write")
    return [
        Way("one at a time, scores", "sources", "torch", script, given),
        Way("one at a time, tags", "sources", "torch", script, write, writes=True, folder=True),
    ]


def toolkits(weights: Path) -> list[Way]:
    """Scores alone; for the rest their users are on their own."""
    given = ("--weights", str(weights))
    workers, half = (*given, "--workers", "2"), ("--dtype", "bfloat16")
    face, keras = "hugging_face.py", "keras_model.py"
    return [
        Way("Hugging Face pipeline", "toolkit", "torch", face, given),
        Way("Hugging Face, two workers", "toolkit", "torch", face, workers),
        Way("Hugging Face, two workers, bf16", "by hand", "torch", face, (*workers, *half)),
        Way("fastai, two workers", "toolkit", "torch", "fastai_learner.py", workers),
        Way("Keras, tf.data", "toolkit", "tensorflow", keras, ("--data", "tf.data")),
        Way(
            "Keras, PyDataset, two processes",
            "toolkit",
            "tensorflow",
            keras,
            ("--data", "PyDataset"),
        ),
    ]


def reduced(weights: Path) -> list[Way]:
    """JPEGs decoded at an eighth of their size, which their documentation does not propose."""
    face = ("--weights", str(weights), "--workers", "2", "--dtype", "bfloat16", "--draft")
    keras = ("--data", "tf.data", "--ratio", "8")
    return [
        Way("Hugging Face, the same at 1/8", "by hand", "torch", "hugging_face.py", face),
        Way("Keras, tf.data at 1/8", "by hand", "tensorflow", "keras_model.py", keras),
    ]


def ours(runs: dict[str, Path]) -> list[Way]:
    """Tagonaut, by each that can score."""
    first = next(iter(runs))
    return [
        *(_ours("score", "scores", name, run) for name, run in runs.items()),
        _ours("dry", "dry run", first, runs[first]),
        *(_ours("tag", "tags", name, run) for name, run in runs.items()),
    ]


def stages(runs: dict[str, Path]) -> list[Way]:
    """Each stage alone, on all cores; and ExifTool, which asks nothing and checks nothing."""
    first = next(iter(runs.values()))
    return [
        _stage("decode", "decoding alone", first),
        *(_stage("infer", f"inference alone, {name}", run, name) for name, run in runs.items()),
        _stage("write", "writing alone", first),
        Way(
            *("ExifTool alone, unchecked", "stage", OURS, "exiftool_alone.py"),
            writes=True,
            folder=True,
        ),
    ]


def _ours(stage: str, told: str, scorer: str, run: Path) -> Way:
    return Way(
        *(f"Tagonaut, {scorer}, {told}", "Tagonaut", OURS, "tagonaut_run.py"),
        ("--run", str(run), "--stage", stage),
        writes=stage == "tag",
        folder=stage != "score",
        stage=stage,
        scorer=scorer,
    )


def _stage(stage: str, name: str, run: Path, scorer: str = "") -> Way:
    return Way(
        *(name, "stage", OURS, "tagonaut_run.py"),
        ("--run", str(run), "--stage", stage),
        writes=stage == "write",
        folder=stage == "write",
        stage=stage,
        scorer=scorer,
    )
