"""Nothing is learned in silence from tags that a cluster wrote."""

import tagonaut
from tests.tagging.folders import snapshot
from tests.tagging.ray.jobs import done_here, job_of, local
from tests.tagging.scorer import colour


def test_that_tags_of_a_cluster_count_as_true_is_told_once(tmp_path):
    photos, out = tmp_path / "photos", tmp_path / "out"
    for name in ("a.jpg", "below/b.jpg", "below/deeper/c.jpg"):
        colour(photos / name, "red")
    done_here(job_of(local(photos), local(out)), tmp_path / "scratch")
    before = snapshot(out)
    for folder in (out, out / "below"):
        notes = tagonaut.read(folder, labels=["red"]).notes
        (note,) = [note for note in notes if "count as true" in note]
        assert f"{out} holds copies that --engine ray made" in note
    assert snapshot(out) == before
