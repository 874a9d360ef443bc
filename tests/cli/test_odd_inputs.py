"""Every file that an option or an argument names, where it is a pipe, a device, deep or nothing."""

import os
import signal

import numpy as np
import polars as pl
import pytest

from tests.conftest import paint_all

SECONDS = 20
DEEP = "[" * 100_000


def pipe(path):
    os.mkfifo(path)


def device(path):
    path.symlink_to("/dev/zero")


def link_to_pipe(path):
    os.mkfifo(path.with_name("pipe"))
    path.symlink_to(path.with_name("pipe"))


def dangling(path):
    path.symlink_to("nowhere")


def folder(path):
    path.mkdir()


def nothing(path):
    pass


def empty(path):
    path.touch()


def garbage(path):
    path.write_bytes(np.random.default_rng(0).bytes(3_000))


def deep(path):
    """Nesting in the language of the file."""
    path.write_text({".toml": f"a = {DEEP}", ".xml": "<a>" * 100_000}.get(path.suffix, DEEP))


def not_a_number(path):
    """NaN and infinity where the language of the file has them."""
    if path.suffix == ".parquet":
        pl.DataFrame(
            {"image": ["a.jpg"], "red": [float("nan")], "x": [float("inf")]}
        ).write_parquet(path)
    elif path.suffix == ".npy":
        np.save(path, np.array([[np.inf, np.nan]]))
    else:
        texts = {
            ".toml": "size = nan\nseed = inf\n",
            ".json": '[{"image": "a.jpg", "red": NaN, "x": Infinity}]',
            ".jsonl": '{"image": "a.jpg", "red": NaN, "x": -Infinity}',
        }
        path.write_text(texts.get(path.suffix, "image,red,x\na.jpg,nan,inf\n"))


KINDS = (
    *(pipe, device, link_to_pipe, dangling, folder, nothing),
    *(empty, garbage, deep, not_a_number),
)
# The suffix of the odd file, and the command with `ODD` in its place, `TABLE` and `PHOTOS` plain.
INPUTS = {
    "labels": (".csv", "explore ODD --out OUT"),
    "labels in Parquet": (".parquet", "explore ODD --out OUT"),
    "labels in JSON": (".json", "explore ODD --out OUT"),
    "labels in JSON Lines": (".jsonl", "explore ODD --out OUT"),
    "pictures": (".txt", "explore TABLE --images ODD --out OUT"),
    "corrections": (".csv", "split TABLE --corrections ODD --out OUT"),
    "split": (".csv", "train TABLE --recipe scratch --split ODD --out OUT"),
    "recipe": (".toml", "train TABLE --recipe ODD --out OUT"),
    "searched recipe": (".toml", "tune TABLE --recipe ODD --out OUT"),
    "weights": (".safetensors", "train TABLE --weights ODD --backbone test_resnet --out OUT"),
    "predictions": (".csv", "evaluate --predictions ODD TABLE --out OUT"),
    "predictions as an array": (".npy", "evaluate --predictions ODD TABLE --out OUT"),
    "truth": (".csv", "evaluate --predictions TABLE ODD --out OUT"),
    "names": (".txt", "evaluate --predictions TABLE TABLE --only ODD --out OUT"),
    "tags of labels": (".toml", "tag RUN PHOTOS --map ODD --to OUT"),
    "tags of labels in CSV": (".csv", "tag RUN PHOTOS --map ODD --to OUT"),
    "a run to predict with": ("", "predict ODD PHOTOS"),
    "a run to tag with": ("", "tag ODD PHOTOS --to OUT"),
    "a run to evaluate": ("", "evaluate ODD"),
    "a run to compare": ("", "compare ODD --out OUT"),
    "a run to export": ("", "export ODD --out OUT"),
    "a folder to untag": ("", "untag ODD"),
    "a journal": (".sqlite", "untag PHOTOS --journal ODD"),
}
# These are no faults: a table whose cells are unknown, or without labels, can be described.
FINE = {
    ("pictures", folder),
    *(("labels", not_a_number), ("labels in JSON", not_a_number)),
    *(("labels in JSON Lines", not_a_number), ("labels in Parquet", not_a_number)),
}


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A table and its pictures, for all tests."""
    place = tmp_path_factory.mktemp("plain")
    paint_all(place, 6)
    (place / "run").mkdir()
    return place


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("name", INPUTS)
def test_an_odd_input_is_one_line_at_once(tagonaut, place, tmp_path, name, kind):
    suffix, command = INPUTS[name]
    odd = tmp_path / f"odd{suffix}"
    kind(odd)
    words = {
        **{"ODD": odd, "OUT": tmp_path / "out", "TABLE": place / "labels.csv"},
        **{"PHOTOS": place / "images", "RUN": place / "run"},
    }

    def late(*_):
        pytest.fail(f"{command} does not end within {SECONDS} s")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(SECONDS)
    try:
        status, _, err = tagonaut(*(words.get(word, word) for word in command.split()))
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
    if (name, kind) not in FINE:
        assert status == 2, err
        assert err.startswith("tagonaut: ") and len(err.splitlines()) < 12, err
        assert len(err) < 2_000, err
