"""The sidecars that a photo has: programs that wrote them go by them, so they get its tags too."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from tagonaut.metadata.tags import Tag
from tagonaut.tagging.journal import Journal
from tagonaut.tagging.photo.first_look import Layout, inspect_beside
from tagonaut.tagging.photo.keyword_plan import Photo
from tagonaut.tagging.summary import Outcome, as_sidecar, try_photo


def write_beside(
    journal: Journal | None,
    layout: Layout,
    photo: Photo,
    tags: Mapping[Tag, float],
    run: str,
    write: Callable[[Photo, Mapping[Tag, float]], Outcome],
    *,
    break_links: bool = False,
) -> list[Outcome]:
    """Have ``write`` write a photo's tags to its sidecars, after the photo; the outcome of each.

    A tag that a person took away from the photo is not written to them either.
    """
    facts = journal.facts(photo.path) if journal else ()
    refused = {fact.tag for fact in facts if fact.state == "refused"}
    wanted = {tag: score for tag, score in tags.items() if tag.name not in refused}

    def write_one(sidecar: Path) -> Outcome:
        known = journal.seen([os.fsencode(sidecar)]) if journal else {}
        found = inspect_beside(layout, photo, sidecar, known, run, break_links=break_links)
        return found if isinstance(found, Outcome) else write(found, wanted)

    sidecars = (photo.name.with_name(name) for name in photo.beside)
    return [as_sidecar(try_photo(sidecar, write_one, sidecar), sidecar) for sidecar in sidecars]
