import string

from hypothesis import given, settings
from hypothesis import strategies as st

from tagonaut.tagging.files import walk_photos as local_walk
from tagonaut.tagging.ray.plan import MOST_BYTES, Plan, amend, extend, partition
from tagonaut.tagging.ray.store import Store
from tagonaut.tagging.ray.walking import Found, unsuitable, walk
from tests.tagging.ray.jobs import local
from tests.tagging.ray.object_store import ObjectStore
from tests.tagging.scorer import colour

NAMES = (
    st.text(string.ascii_lowercase[:3] + "/-.é", min_size=1, max_size=6)
    .map("{}a.jpg".format)
    .filter(lambda name: not unsuitable(name))
)


def planned(out: Store, plan: Plan) -> dict[str, Found]:
    photos = [one for part in plan.parts() for one in partition(out, part)]
    assert len({photo.name for photo in photos}) == len(photos) == sum(plan.sizes)
    return {photo.name: photo for photo in photos}


def in_order(times: dict[str, int], size: int = 1) -> list[Found]:
    return [Found(name, size, times[name]) for name in sorted(times, key=str.encode)]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.dictionaries(NAMES, st.integers(1, 2)), min_size=1, max_size=4))
def test_each_walk_adds_what_is_new_and_tells_what_has_changed(tmp_path_factory, walks):
    out = local(tmp_path_factory.mktemp("out"))
    plan, known = Plan("photos"), dict[str, int]()
    for found in walks:
        extended = extend(out, plan, in_order(found))
        changed = {name for told in extended.changed.values() for name in told}
        assert changed == {name for name in found if known.get(name, found[name]) != found[name]}
        plan = extended.plan
        for number, photos in extended.changed.items():
            plan = amend(out, plan, number, photos)
        plan.write(out)
        plan = Plan.read(out)
        known |= found
        assert {name: one.time for name, one in planned(out, plan).items()} == known


def test_partitions_grow_and_have_bounds(tmp_path, monkeypatch):
    monkeypatch.setattr("tagonaut.tagging.ray.plan.MOST_PHOTOS", 130)
    out = local(tmp_path)
    many = in_order(dict.fromkeys((f"{number:04}.jpg" for number in range(1500)), 1))
    sizes = extend(out, Plan("photos"), many).plan.sizes
    assert sizes == (*[50] * 8, *[100] * 8, 130, 130, 40)
    large = in_order(dict.fromkeys("abc", 1), MOST_BYTES // 2)
    assert extend(local(tmp_path / "large"), Plan("photos"), large).plan.sizes == (2, 1)


def test_it_walks_as_the_local_engine_does(tmp_path):
    photos = tmp_path / "photos"
    for name in ("b.jpg", "a/x.png", "a.jpg", "a-b/c.jpg", "out/no.jpg", ".tagonaut/no.jpg"):
        colour(photos / name, "red", form="PNG")
    for name in ("note.txt", "raw.NEF", "raw.NEF.xmp", "other.CR2", "other.xmp"):
        (photos / name).write_bytes(b"")
    (photos / "loop").symlink_to(photos)
    (photos / "linked.jpg").symlink_to(photos / "b.jpg")
    (photos / "folder.jpg").mkdir()
    left_out = photos / "out"
    reported: list[str] = []
    found = list(
        walk(local(photos), leave_out=local(left_out), report=lambda *told: reported.append(told))
    )
    expected = local_walk(photos, leave_out=left_out, enter=lambda _: None, report=print)
    assert [photo.name for photo in found] == [str(path) for path in expected]
    beside = {photo.name: photo.beside for photo in found if photo.beside}
    assert beside == {"raw.NEF": ("raw.NEF.xmp",), "other.CR2": ("other.xmp",)}
    assert not reported


def test_copies_among_the_photos_are_left_out_however_their_folder_is_named(tmp_path):
    for name in ("a.jpg", "out/b.jpg"):
        colour(tmp_path / "photos" / name, "red")
    (tmp_path / "link").symlink_to(tmp_path / "photos/out")
    for out in (tmp_path / "link", tmp_path / "photos/../photos/out"):
        found = walk(local(tmp_path / "photos"), leave_out=local(out), report=print)
        assert [photo.name for photo in found] == ["a.jpg"]


def test_keys_that_no_file_can_have_are_told(tmp_path):
    store = Store(ObjectStore(str(tmp_path / "store")), "bucket/photos")
    photo = colour(tmp_path / "a.jpg", "red")
    for name in ("fine.jpg", "x/../../up.jpg", "x/./y.jpg"):
        store.files.put_file(str(photo), f"bucket/photos/{name}")
    reported: list[str] = []
    found = walk(store, report=lambda name, reason: reported.append(name))
    assert [photo.name for photo in found] == ["fine.jpg"]
    assert len(reported) == 2
