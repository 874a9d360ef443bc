"""Stores in which somebody else can write: nothing in them gives orders."""

import json
import os
import zipfile

import pytest

from tagonaut.errors import TagonautError
from tagonaut.tagging.ray.engine import up_to_date
from tagonaut.tagging.ray.ledger import Failures
from tagonaut.tagging.ray.plan import FOLDER, Plan, partition
from tagonaut.tagging.ray.shipped import Shipped
from tagonaut.tagging.ray.store import Store
from tagonaut.tagging.ray.walking import walk
from tests.tagging.folders import contents
from tests.tagging.ray.jobs import done_here, job_of, local
from tests.tagging.ray.object_store import ObjectStore
from tests.tagging.scorer import colour


def forged(out, *photos, **more):
    """Write a plan of one partition, as anybody could who may write in the folder."""
    folder = out / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    values = {"size": 1, "time": 1, "beside": ""} | more
    lines = [json.dumps({"name": name, **values}) + "\n" for name in photos]
    (folder / "000000.ndjson").write_text("".join(lines))
    plan = {"photos": "", "sizes": [len(photos)], "generations": [0], "faults": []}
    return folder / "plan.json", plan


@pytest.mark.parametrize(
    ("name", "beside"),
    [
        ("{victim}", ""),
        ("../victim.jpg", ""),
        ("a/../../victim.jpg", ""),
        ("a/./b.jpg", ""),
        (".tagonaut/b.jpg", ""),
        ("../../.bashrc", ""),
        ("x.nef", "../../.bashrc"),
        ("x.nef", ".bashrc"),
        ("x.jpg", "x.xmp"),
        ("\ud800.jpg", ""),
        (7, ""),
    ],
)
def test_a_plan_that_names_other_places_is_refused(tmp_path, name, beside):
    colour(tmp_path / "photos" / "a.jpg", "red")
    victim = colour(tmp_path / "victim.jpg", "red")
    (tmp_path / ".bashrc").write_text("mine")
    before = contents(tmp_path)
    job = job_of(local(tmp_path / "photos"), local(tmp_path / "out"))
    name = name.format(victim=victim) if isinstance(name, str) else name
    file, plan = forged(tmp_path / "out", name, beside=beside)
    file.write_text(json.dumps(plan | {"photos": str(job.photos)}))
    with pytest.raises(TagonautError, match=r"000000\.ndjson: damaged"):
        done_here(job, tmp_path / "scratch")
    assert {name: file for name, file in contents(tmp_path).items() if name in before} == before


def test_a_list_that_is_changed_under_a_run_is_not_followed(tmp_path):
    colour(tmp_path / "photos" / "a.jpg", "red")
    job = job_of(local(tmp_path / "photos"), local(tmp_path / "out"))
    plan = up_to_date(job)
    forged(tmp_path / "out", "b.jpg")
    with pytest.raises(TagonautError, match="changed since it was planned"):
        partition(job.out, plan.part(0))


def test_a_plan_of_another_hand_hides_no_photo(tmp_path, capsys):
    for name in ("a.jpg", "b.jpg"):
        colour(tmp_path / "photos" / name, "red")
    job = job_of(local(tmp_path / "photos"), local(tmp_path / "out"))
    file, plan = forged(tmp_path / "out", "a.jpg")
    # Half done, so that a plan of our own would be carried on with.
    file.write_text(json.dumps(plan | {"photos": str(job.photos), "sizes": [1, 0]}))
    (file.parent / "000001.ndjson").write_text("")
    job.ledger.end(1, b"", Failures())
    assert done_here(job, tmp_path / "scratch").written == 2
    assert "was not written by this user" in capsys.readouterr().err
    assert {path.name for path in (tmp_path / "out").glob("*.jpg")} == {"a.jpg", "b.jpg"}
    # From now on it is this user's.
    assert done_here(job, tmp_path / "scratch").nothing_to_do == 2
    assert "was not written by this user" not in capsys.readouterr().err


def test_a_seal_holds_for_its_place_and_its_user(tmp_path, monkeypatch):
    Plan("photos").write(here := local(tmp_path / "here"))
    assert Plan.read(here).is_ours
    Plan("photos").write(there := local(tmp_path / "there"))
    there.write(f"{FOLDER}/plan.json", here.read(f"{FOLDER}/plan.json"))
    assert not Plan.read(there).is_ours
    monkeypatch.setenv("TAGONAUT_STATE", str(tmp_path / "another machine"))
    assert not Plan.read(here).is_ours
    assert (tmp_path / "another machine/ray.key").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "content",
    ["[" * 100_000, "[]", '{"photos": 1}', '{"sizes": [-1], "photos": "", "faults": []}', "7"],
)
def test_a_plan_that_is_none_is_one_line(tmp_path, content):
    out = local(tmp_path)
    out.write(f"{FOLDER}/plan.json", content.encode())
    with pytest.raises(TagonautError, match=r"plan\.json: damaged$"):
        Plan.read(out)


@pytest.mark.parametrize("content", ["[" * 100_000, "[]", '{"failures": 7}', '{"failures": [[1]]}'])
def test_a_ledger_that_is_none_is_one_line(tmp_path, content):
    job = job_of(local(tmp_path), local(tmp_path / "out"))
    for name in (job.ledger._failures(0), job.ledger._attempts(0)):
        job.out.write(name, content.encode())
    with pytest.raises(TagonautError, match="damaged: remove it"):
        job.ledger.failures(0)
    with pytest.raises(TagonautError, match="damaged: remove it"):
        job.ledger.attempt(0, "session")


def test_copies_are_not_written_through_linked_folders(tmp_path):
    colour(tmp_path / "photos/sub/a.jpg", "red")
    victim = colour(tmp_path / "victims/a.jpg", "green")
    (tmp_path / "out").mkdir()
    (tmp_path / "out/sub").symlink_to(victim.parent)
    before = victim.read_bytes()
    summary = done_here(job_of(local(tmp_path / "photos"), local(tmp_path / "out")), tmp_path / "s")
    assert (summary.failed, summary.written) == (1, 0)
    assert "link" in summary.failures[0][1]
    assert victim.read_bytes() == before
    assert [*victim.parent.iterdir()] == [victim]


@pytest.mark.parametrize("name", ["../x", "/x", "a/../../x"])
@pytest.mark.parametrize("kind", ["local", "objects"])
def test_a_store_does_nothing_outside_its_root(tmp_path, name, kind):
    out = tmp_path / "out"
    store = local(out) if kind == "local" else Store(ObjectStore(str(tmp_path / "o")), "bucket/out")
    source = tmp_path / "source"
    source.write_bytes(b"")
    works = (
        lambda: store.put(source, name),
        lambda: store.get(name, tmp_path / "got"),
        lambda: store.write(name, b""),
        lambda: store.read(name),
        lambda: store.remove(name),
    )
    for work in works:
        with pytest.raises(OSError, match="leads out of"):
            work()


def test_a_pipe_among_the_own_files_is_refused(tmp_path):
    (tmp_path / FOLDER).mkdir(parents=True)
    os.mkfifo(tmp_path / FOLDER / "plan.json")
    with pytest.raises(TagonautError, match="not a regular file"):
        Plan.read(local(tmp_path))
    with pytest.raises(OSError, match="not a regular file"):
        local(tmp_path).get(f"{FOLDER}/plan.json", tmp_path / "got")


def test_an_archive_file_is_walked_to_its_end(tmp_path):
    with zipfile.ZipFile(tmp_path / "photos.zip", "w") as file:
        for name in ("a/b.jpg", "c.jpg", "../up.jpg", "a/../d.jpg", "e//f.jpg", "./g.jpg"):
            file.writestr(name, b"")
    reported: list[str] = []
    store = Store.of(f"zip://::{tmp_path}/photos.zip")
    found = [photo.name for photo in walk(store, report=lambda name, _: reported.append(name))]
    assert found == ["a/b.jpg", "c.jpg"]
    assert {"..", "a/..", "."} <= {*reported}
    store.get("a/b.jpg", tmp_path / "got")


class Endless(ObjectStore):
    """Lists each folder in itself."""

    def ls(self, path, detail=True, **rest):
        return [{"name": f"{path}/again", "size": 0, "type": "directory"}]


def test_a_store_without_end_is_walked_to_an_end(tmp_path):
    reported: list[str] = []
    store = Store(Endless(str(tmp_path / "o")), "bucket")
    assert not list(walk(store, report=lambda _, reason: reported.append(reason)))
    assert reported == ["a path of more than 4,000 bytes"]


def test_an_actor_loads_no_model_but_the_runs_own(tmp_path):
    run = tmp_path / "run"
    run.mkdir()
    (run / "model.safetensors").write_bytes(b"mine")
    shipped = Shipped.ship(run, "run-1", local(tmp_path / "out"))
    (there,) = (tmp_path / "out").rglob("model.safetensors")
    there.write_bytes(b"evil")
    (tmp_path / "actor").mkdir()
    with pytest.raises(TagonautError, match="not the file of the run"):
        shipped(tmp_path / "actor")
