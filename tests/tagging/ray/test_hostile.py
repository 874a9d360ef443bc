"""Stores in which somebody else can write: nothing in them gives orders."""

import json
import os
import shutil
import sqlite3
import zipfile
from contextlib import closing, suppress
from pathlib import Path

import pytest

from tagonaut.errors import TagonautError
from tagonaut.tagging.ray import store as store_module
from tagonaut.tagging.ray.engine import up_to_date
from tagonaut.tagging.ray.ledger import Failures
from tagonaut.tagging.ray.plan import FOLDER, Part, Plan, partition
from tagonaut.tagging.ray.seal import key_of, unseal_file
from tagonaut.tagging.ray.shipped import Shipped
from tagonaut.tagging.ray.store import Store
from tagonaut.tagging.ray.walking import walk
from tests.tagging.folders import contents, edit, fields
from tests.tagging.ray.jobs import done_here, job_of, local
from tests.tagging.ray.object_store import ObjectStore
from tests.tagging.scorer import colour, expected


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
    job.ledger.end(Part(1, 0), b"", Failures())
    assert done_here(job, tmp_path / "scratch").written == 2
    assert "was not written by this user" in capsys.readouterr().err
    assert {path.name for path in (tmp_path / "out").glob("*.jpg")} == {"a.jpg", "b.jpg"}
    # From now on it is this user's.
    assert done_here(job, tmp_path / "scratch").nothing_to_do == 2
    assert "was not written by this user" not in capsys.readouterr().err


def test_a_plan_is_ours_at_its_place_for_its_user(tmp_path, monkeypatch):
    Plan("photos").write(here := local(tmp_path / "here"))
    assert Plan.read(here).is_ours
    Plan("others").write(there := local(tmp_path / "there"))
    there.write(f"{FOLDER}/plan.json", here.read(f"{FOLDER}/plan.json"))
    assert not Plan.read(there).is_ours
    monkeypatch.setenv("TAGONAUT_STATE", str(tmp_path / "another machine"))
    assert not Plan.read(here).is_ours
    assert key_of("here")
    assert (tmp_path / "another machine/ray.key").stat().st_mode & 0o777 == 0o600


def test_an_earlier_plan_of_ours_that_somebody_brings_back_hides_no_photo(tmp_path, capsys):
    photos, out = tmp_path / "photos", tmp_path / "out"
    colour(photos / "a.jpg", "red")
    job = job_of(local(photos), local(out))
    done_here(job, tmp_path / "scratch")
    shutil.copytree(out / FOLDER, tmp_path / "earlier")
    colour(photos / "b.jpg", "red")
    plan = up_to_date(job)
    assert sum(plan.sizes) == 2
    shutil.rmtree(out / FOLDER)
    shutil.copytree(tmp_path / "earlier", out / FOLDER)
    assert not Plan.read(job.out).is_ours
    assert sum(up_to_date(job).sizes) == 2
    assert "was not written by this user" in capsys.readouterr().err


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
    job.ledger.end(part := Part(0, 1, "digest"), b"", Failures((("a.jpg", "broken"),)))
    assert job.ledger.done([part])[0] == job.ledger.done_before(part)
    for name in (job.ledger._failures(0), job.ledger._attempts(0)):
        job.out.write(name, content.encode())
    assert job.ledger.done([part]) == {}
    assert job.ledger.done_before(part) is None
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
    with pytest.raises(TagonautError, match="not a file"):
        Plan.read(local(tmp_path))
    with pytest.raises(OSError, match="not a file"):
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


def hidden_by(job, photos, scratch):
    """Whether the next run leaves out any photo."""
    done_here(job, scratch)
    names = {path.name for path in photos.glob("*.jpg")}
    return names - {path.name for path in Path(job.out.root).glob("*.jpg")}


@pytest.mark.parametrize("when", ["before", "between"])
def test_results_and_ledgers_of_another_hand_hide_no_photo(tmp_path, capsys, when):
    """Whoever may write there can see all names of files, and copy what other runs have sealed."""
    photos, out = tmp_path / "photos", tmp_path / "out"
    for name in ("a.jpg", "b.jpg"):
        colour(photos / name, "red")
    job = job_of(local(photos), local(out))
    other = job_of(local(photos), local(tmp_path / "other"))
    done_here(other, tmp_path / "scratch")
    plan = up_to_date(job)
    if when == "between":
        done_here(job, tmp_path / "scratch")
        shutil.rmtree(out / "scores.parquet")
        (out / "b.jpg").unlink()
        colour(photos / "b.jpg", "green")
        os.utime(photos / "b.jpg", (1, 1))
        plan = up_to_date(job)
    own = f".tagonaut/ray/runs/{job.run}"
    table = next((tmp_path / "other/scores.parquet").rglob("*.parquet"))
    job.out.write(job.ledger._results(0), table.read_bytes())
    for mark in (tmp_path / "other" / own / "done").iterdir():
        job.out.write(f"{own}/done/{mark.name}", b"")
    job.out.write(f"{own}/done/000000", b"")
    job.out.write(f"{own}/failures/000000.json", b'{"failures": [], "again": false}')
    assert job.ledger.done_before(plan.part(0)) is None
    assert hidden_by(job, photos, tmp_path / "scratch") == set()
    summary = done_here(job, tmp_path / "scratch")
    assert (summary.seen, summary.nothing_to_do, summary.failed) == (2, 2, 0)


def test_a_part_of_the_ledger_that_is_gone_or_changed_is_done_again(tmp_path):
    photos, out = tmp_path / "photos", tmp_path / "out"
    colour(photos / "a.jpg", "red")
    (photos / "broken.jpg").write_bytes(b"no picture")
    job = job_of(local(photos), local(out))
    done_here(job, tmp_path / "scratch")
    part = up_to_date(job).part(0)
    assert job.ledger.done_before(part).failures[0][0] == "broken.jpg"
    failures = out / job.ledger._failures(0)
    content = failures.read_bytes()
    for forged in (b'{"failures": [], "again": false}', content.replace(b"broken", b"harmless")):
        failures.write_bytes(forged)
        assert job.ledger.done_before(part) is None
        assert job.ledger.done([part]) == {}
        assert job.ledger.unmarked({}) == 1
    failures.unlink()
    failures.mkdir()
    assert job.ledger.done([part]) == {}
    failures.rmdir()
    assert done_here(job, tmp_path / "scratch").failed == 1
    assert failures.read_bytes() == content


def test_a_journal_of_another_hand_calls_no_photo_finished(tmp_path, tool):
    """It says that all is done, and gives scores: both are found out by looking again."""
    photos, out = tmp_path / "photos", tmp_path / "out"
    colour(photos / "a.jpg", "red")
    job = job_of(local(photos), local(out))
    done_here(job, tmp_path / "scratch")
    (file,) = out.glob(".tagonaut/ray/journals/*.sqlite")
    sealed = file.read_bytes()
    edit(out / "a.jpg", "-IPTC:Keywords=", "-XMP-dc:Subject=")
    left = (out / "a.jpg").stat()
    with closing(sqlite3.connect(file)) as database, database:
        database.execute("UPDATE scores SET scores = ?", (bytes(16),))
        database.execute(
            "UPDATE photos SET size = ?, mtime_ns = ?", (left.st_size, left.st_mtime_ns)
        )
        database.execute("DELETE FROM facts")
        database.execute("DELETE FROM writes")
    assert file.read_bytes() != sealed
    for mark in out.glob(".tagonaut/ray/runs/*/done/*"):
        mark.unlink()
    summary = done_here(job, tmp_path / "scratch")
    assert any("not sealed by this user" in note for note in summary.notes)
    assert fields(tool, out / "a.jpg")[0].subject == expected("red")
    assert dict(summary.tags) == dict.fromkeys(expected("red"), 1)
    for mark in out.glob(".tagonaut/ray/runs/*/done/*"):
        mark.unlink()
    summary = done_here(job, tmp_path / "scratch")
    assert (summary.notes, summary.nothing_to_do) == ([], 1)


def test_a_sealed_journal_is_an_sqlite_file(tmp_path):
    colour(tmp_path / "photos" / "a.jpg", "red")
    done_here(job_of(local(tmp_path / "photos"), local(tmp_path / "out")), tmp_path / "scratch")
    (file,) = (tmp_path / "out").glob(".tagonaut/ray/journals/*.sqlite")
    with closing(sqlite3.connect(file)) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    with file.open("ab") as opened:
        opened.write(b"more")
    assert not unseal_file(
        key_of(str(tmp_path / "out")), ".tagonaut/ray/journals/000000.sqlite", file
    )


def test_a_key_holds_for_its_place_and_its_user(tmp_path, monkeypatch):
    key = key_of("here")
    assert key_of("here") == key != key_of("there")
    assert str(key) not in repr(job_of(local(tmp_path), local(tmp_path / "out")))
    monkeypatch.setenv("TAGONAUT_STATE", str(tmp_path / "another machine"))
    assert key_of("here") != key
    monkeypatch.setenv("TAGONAUT_STATE", "/dev/null/nowhere")
    assert key_of("here") != key_of("here")


OWN_PLACES = (
    *("", "/ray", "/ray/plan", "/ray/journals", "/ray/session", "/ray/plan/plan.json"),
    *("/ray/plan/000000.ndjson", "/ray/journals/000000.sqlite"),
    *("/ray/runs", "/ray/runs/{run}/done", "/ray/runs/{run}/failures/000000.json"),
)


@pytest.mark.parametrize("place", OWN_PLACES)
@pytest.mark.parametrize("done", [False, True], ids=["before", "between"])
def test_links_among_the_own_files_lead_nowhere(tmp_path, monkeypatch, place, done):
    """Whatever is replaced by a link to a place outside: nothing there is read or changed."""
    photos, out, victims = (tmp_path / name for name in ("photos", "out", "victims"))
    colour(photos / "a.jpg", "red")
    job = job_of(local(photos), local(out))
    if done:
        done_here(job, tmp_path / "scratch")
    link = out / f".tagonaut{place.format(run=job.run)}"
    victim = victims / "here"
    if link.suffix or link.name == "session":
        victims.mkdir()
        victim.write_bytes(link.read_bytes() if link.exists() else b"secret")
    elif link.exists():
        shutil.copytree(link, victim)
    else:
        victim.mkdir(parents=True)
    if link.is_dir():
        shutil.rmtree(link)
    link.unlink(missing_ok=True)
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(victim)
    for mark in [*out.glob(".tagonaut/ray/runs/*/done/*"), *out.glob("scores.parquet/*/*")]:
        mark.unlink()
    before = contents(victims)
    opened = []
    monkeypatch.setattr(store_module, "read_bytes", watched(store_module.read_bytes, opened))
    with suppress(TagonautError, OSError):
        summary = done_here(job, tmp_path / "scratch")
        assert summary.seen == 1
    assert contents(victims) == before
    assert not [path for path in opened if path.is_relative_to(victims)]
    assert not [
        path
        for path in tmp_path.rglob("*")
        if not path.is_symlink()
        and path.is_file()
        and b"secret" in path.read_bytes()
        and path != victim
    ]


def watched(read, opened):
    def reading(path, *values, **named):
        opened.append(Path(os.path.realpath(path)))
        return read(path, *values, **named)

    return reading


@pytest.mark.parametrize("method", ["put", "put_own", "write", "read", "get", "remove"])
def test_a_folder_that_is_swapped_for_a_link_meanwhile_is_not_followed(
    tmp_path, monkeypatch, method
):
    """The folder becomes a link right after every look at it."""
    out, victims, source = (tmp_path / name for name in ("out", "victims", "source"))
    for folder in (out / "sub", victims):
        folder.mkdir(parents=True)
        (folder / "a").write_bytes(b"victim" if folder == victims else b"ours")
    source.write_bytes(b"new")
    store, check = local(out), Store.check_inside

    def swap(self, name):
        check(self, name)
        (out / "sub").rename(tmp_path / "aside")
        (out / "sub").symlink_to(victims)

    monkeypatch.setattr(Store, "check_inside", swap)
    works = {
        "put": lambda: store.put(source, "sub/a"),
        "put_own": lambda: store.put_own(source, "sub/a"),
        "write": lambda: store.write("sub/a", b"new"),
        "read": lambda: store.read("sub/a"),
        "get": lambda: store.get("sub/a", tmp_path / "got"),
        "remove": lambda: store.remove("sub/a"),
    }
    with pytest.raises(OSError, match="symbolic link"):
        works[method]()
    assert [file.read_bytes() for file in victims.iterdir()] == [b"victim"]
    assert not (tmp_path / "got").exists()


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir, lambda path: os.mknod(path, 0o20600, 0x103)])
@pytest.mark.parametrize(
    "name",
    [
        "a.jpg",
        ".tagonaut/ray/session",
        ".tagonaut/ray/journals/000000.sqlite",
        ".tagonaut/ray/runs/{run}/attempts/000000.json",
        ".tagonaut/ray/runs/{run}/failures/000000.json",
        "scores.parquet/run={run}/000000.parquet",
    ],
)
def test_what_is_no_file_below_the_copies_is_not_waited_for(tmp_path, make, name):
    photos, out = tmp_path / "photos", tmp_path / "out"
    for photo in ("a.jpg", "b.jpg"):
        colour(photos / photo, "red")
    job = job_of(local(photos), local(out))
    place = out / name.format(run=job.run)
    place.parent.mkdir(parents=True)
    make(place)
    try:
        summary = done_here(job, tmp_path / "scratch")
    except (TagonautError, OSError) as error:  # one line, for the partition or the run
        assert str(error)
        return
    there = {path.name for path in out.glob("*.jpg") if path.is_file()}
    assert there | {failed for failed, _ in summary.failures} == {"a.jpg", "b.jpg"}


def test_an_archive_file_gives_no_more_than_it_says(tmp_path, monkeypatch):
    with zipfile.ZipFile(tmp_path / "photos.zip", "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("bomb.jpg", bytes(3_000_000))
        file.writestr("small.jpg", b"small")
    store = Store.of(f"zip://::{tmp_path}/photos.zip")
    monkeypatch.setenv("TAGONAUT_MAX_MEMORY", "2000000")
    with pytest.raises(OSError, match=r"3,000,000 bytes are over the limit.*TAGONAUT_MAX_MEMORY"):
        store.get("bomb.jpg", tmp_path / "got")
    assert not (tmp_path / "got").exists()
    store.get("small.jpg", tmp_path / "got")
    monkeypatch.delenv("TAGONAUT_MAX_MEMORY")
    info = store.files.info
    monkeypatch.setattr(store.files, "info", lambda path, **_: info(path) | {"size": 1000})
    monkeypatch.setattr(store.files, "blocksize", 1000)
    with pytest.raises(OSError, match="more of it than it says"):
        store.get("bomb.jpg", tmp_path / "got")
    assert not (tmp_path / "got").exists() or (tmp_path / "got").stat().st_size < 10_000


class NoCase(Store):
    """A folder on a disk that keeps the case of names, and does not tell them apart by it."""

    def look(self, name):
        above, own = name.rpartition("/")[::2]
        same = {one.casefold(): one for one in self.names(above)}
        found = same.get(own.casefold(), own)
        return super().look(f"{above}/{found}" if above else found)

    def put(self, source, name, *, new=False):
        found = self.look(name)
        if new and found is not None:
            raise FileExistsError(name)
        return super().put(source, name, new=new)


def test_names_that_the_disk_of_the_copies_confuses_are_told(tmp_path):
    photos = tmp_path / "photos"
    for name in (
        "A.jpg",
        "a.jpg",
        "b.jpg",
        "caf\u00e9/x.jpg",
        "cafe\u0301/y.jpg",
        "Sub/x.jpg",
        "sub/x.jpg",
    ):
        colour(photos / name, "red")
    out = NoCase.of(str(tmp_path / "out"))
    job = job_of(local(photos), out)
    faults = dict(plan.faults) if (plan := taken_over(job)) else {}
    assert set(faults) == {"a.jpg", "caf\u00e9", "sub"}
    assert all("to the disk of the copies it has the name of" in why for why in faults.values())
    job = job_of(local(photos), local(tmp_path / "other"))
    assert taken_over(job).faults == ()


def taken_over(job):
    job.ledger.take_over(job.session)
    return up_to_date(job)


def test_a_new_copy_takes_nobodys_place(tmp_path):
    """As on a disk that confuses names, or where somebody is faster."""
    source, out = tmp_path / "source", tmp_path / "out"
    source.write_bytes(b"new")
    store = local(out)
    store.put(source, "a.jpg", new=True)
    with pytest.raises(FileExistsError):
        store.put(source, "a.jpg", new=True)
    assert [path.name for path in out.iterdir()] == ["a.jpg"]
