"""Folders of ours are told from those of other programs that hold files of the same names."""

import json
from pathlib import Path

import pytest

from tagonaut.errors import TagonautError
from tagonaut.files.folder_kind import json_with, tensors_with
from tagonaut.files.out_folder import out_folder
from tagonaut.files.run_files import EXPORT, RUN
from tagonaut.files.written_whole import written_whole


def tensors(file: Path, **words: str) -> None:
    header = json.dumps({"__metadata__": words}).encode()
    file.write_bytes(len(header).to_bytes(8, "little") + header)


@pytest.fixture
def run(tmp_path):
    folder = tmp_path / "run"
    folder.mkdir()
    tensors(folder / "model.safetensors", preprocessing="{}")
    for name in (
        "recipe.toml",
        "metrics.json",
        "README.md",
        "grid-fold-1.csv",
        "evaluation-a.html",
    ):
        (folder / name).write_text("ours")
    return folder


def replace(folder: Path, kind) -> None:
    with out_folder(folder, "", kind) as place, written_whole(place) as new:
        (new / kind.mark).write_text("new")


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_a_run_of_any_version_is_replaced(run):
    (run / ".tagonaut-new").mkdir()
    (run / ".DS_Store").write_text("")
    replace(run, RUN)
    assert names(run) == {"model.safetensors"}


def test_the_model_of_another_program_is_not_replaced(run):
    tensors(run / "model.safetensors", format="pt")
    before = names(run)
    with pytest.raises(TagonautError, match="run exists already and is not a run"):
        replace(run, RUN)
    (run / "export.json").write_text("{}")
    with pytest.raises(TagonautError, match="run exists already and is not an export"):
        replace(run, EXPORT)
    assert names(run) == before | {"export.json"}


@pytest.mark.parametrize("kind", ["file", "folder", "link"])
def test_a_run_with_anything_else_in_it_is_not_replaced(run, kind):
    mine = run / "notes"
    if kind == "folder":
        mine.mkdir()
    elif kind == "link":
        mine.symlink_to(run / "README.md")
    else:
        mine.write_text("mine")
    with pytest.raises(TagonautError, match=r"is a run that also holds 'notes', and would be"):
        replace(run, RUN)
    assert mine.exists()
    assert (run / "model.safetensors").exists()


def test_a_name_of_ours_that_is_a_link_or_a_folder_is_not_ours(run):
    (run / "curves.svg").mkdir()
    (run / "labels.json").symlink_to("/etc/passwd")
    for name in "abc":
        (run / f"{name}.txt").write_text("mine")
    with pytest.raises(TagonautError, match=r"'a.txt', 'b.txt', 'c.txt' and 2 more"):
        replace(run, RUN)


def test_what_came_into_the_run_meanwhile_is_not_lost(run):
    with (
        pytest.raises(
            TagonautError, match=r"'notes' came to be there\): it is complete in .*run-2"
        ),
        out_folder(run, "", RUN) as place,
        written_whole(place) as new,
    ):
        (new / "model.safetensors").write_text("new")
        (run / "notes").write_text("mine")
    assert (run / "notes").read_text() == "mine"
    assert (run.parent / "run-2" / "model.safetensors").read_text() == "new"


@pytest.mark.parametrize(
    "content",
    [b"", b"{}", b"[]", b"[" * 100_000, b'{"a": 1}', b"\xff\xfe", b'{"a": 1, "b": '],
)
def test_a_mark_is_an_object_with_all_its_keys(tmp_path, content):
    file = tmp_path / "mark"
    file.write_bytes(content)
    assert not json_with("a", "b")(file)
    file.write_text('{"a": 1, "b": 2, "c": 3}')
    assert json_with("a", "b")(file)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"1234",
        b"\xff" * 8,
        b"\2\0\0\0\0\0\0\0{}",
        b"\2\0\0\0\0\0\0\0[]",
        b"\5\0\0\0\0\0\0\0{}",
    ],
)
def test_damaged_tensors_are_no_mark(tmp_path, content):
    file = tmp_path / "mark"
    file.write_bytes(content)
    assert not tensors_with("preprocessing")(file)
    assert not tensors_with("preprocessing")(tmp_path)
