"""The sidecars that a photo has: programs that wrote them go by them, so they get its tags too."""

import os
from collections.abc import Mapping
from pathlib import Path

from tagonaut.metadata.tags import Tag
from tagonaut.tagging.journal import Journal
from tagonaut.tagging.photo.first_look import Layout, inspect_beside
from tagonaut.tagging.photo.keyword_plan import Photo, Writing
from tagonaut.tagging.photo.tag_photo import write_tags
from tagonaut.tagging.summary import Outcome, as_sidecar, try_photo
from tagonaut.tagging.workers import Workers


def write_beside(
    workers: Workers,
    journal: Journal | None,
    layout: Layout,
    photo: Photo,
    tags: Mapping[Tag, float],
    writing: Writing,
    *,
    scores: Mapping[str, float] | None = None,
    break_links: bool = False,
) -> list[Outcome]:
    """Write a photo's tags to its sidecars, after the photo; the outcome of each.

    A tag that a person took away from the photo is not written to them either.
    """
    facts = journal.facts(photo.path) if journal else ()
    refused = {fact.tag for fact in facts if fact.state == "refused"}
    wanted = {tag: score for tag, score in tags.items() if tag.name not in refused}

    def write(sidecar: Path) -> Outcome:
        known = journal.seen([os.fsencode(sidecar)]) if journal else {}
        found = inspect_beside(layout, photo, sidecar, known, writing.run, break_links=break_links)
        if isinstance(found, Outcome):
            return found
        return write_tags(workers, journal, found, wanted, writing, scores=scores)

    sidecars = (photo.name.with_name(name) for name in photo.beside)
    return [as_sidecar(try_photo(sidecar, write, sidecar), sidecar) for sidecar in sidecars]
