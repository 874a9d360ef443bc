"""Tags of earlier runs that a narrower choice takes away: that is told before it happens."""

from collections import Counter
from collections.abc import Sequence
from functools import lru_cache, partial

from tagonaut.errors import PictureError
from tagonaut.tagging.choice import Choice
from tagonaut.tagging.files import Selected, is_selected
from tagonaut.tagging.journal import Journal, is_same_run

_NAMED = 5


def taken_by(
    journal: Journal,
    run: str,
    labels: Sequence[str],
    choice: Choice,
    selected: Selected | None = None,
) -> str:
    """A line on the tags in photos that ``choice`` excludes, whatever the pictures show; or "".

    ``selected`` are the photos that the command means; None: all.

    Those are the tags for ``labels``, a run's, that are not chosen, and those that the same run
    gave with a lower score than is asked for. Tags that a person confirmed are not among them.
    """
    if choice.labels is None and choice.min_score is None:
        return ""
    chosen = {*labels} if choice.labels is None else {*choice.labels}
    excluded: Counter[str] = Counter()
    means = None
    if selected is not None and not selected.everything:
        means = lru_cache(maxsize=1)(partial(_is_meant, journal, selected))
    for fact in journal.written(choice.min_score or 0, means):
        if not fact.labels <= {*labels}:
            continue
        if not fact.labels & chosen:
            excluded[fact.tag] += fact.photos
        elif is_same_run(fact.run.partition("+")[0], run.partition("+")[0]):
            excluded[fact.tag] += fact.low
    excluded += Counter()
    if not excluded:
        return ""
    named = ", ".join(f"{tag} ({count:,})" for tag, count in excluded.most_common(_NAMED))
    more = f" and {len(excluded) - _NAMED:,} more" if len(excluded) > _NAMED else ""
    return (
        f"{excluded.total():,} tags that Tagonaut wrote earlier will be taken away, for this"
        f" command does not give them: {named}{more} (--add keeps them)"
    )


def _is_meant(journal: Journal, selected: Selected, path: bytes) -> bool:
    try:
        return is_selected(journal, selected, path)
    except PictureError:
        return False
