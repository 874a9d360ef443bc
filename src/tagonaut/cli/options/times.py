"""Times in options: days, and moments with or without a zone."""

import re
from datetime import datetime, timedelta

from tagonaut.cli.output import wrong_usage

_DAY = r"\d{4}-\d\d-\d\d"
_TIME = re.compile(rf"{_DAY}($|[T ])")


def period(since: str | None, until: str | None) -> tuple[float | None, float | None]:
    """``--since`` and ``--until`` in seconds since 1970; a day of ``--until`` is included whole."""
    after = None if since is None else _moment(since, "--since").timestamp()
    before = None if until is None else _end(until).timestamp()
    if after is not None and before is not None and after >= before:
        raise wrong_usage(f"--since {since!r} has to be before --until {until!r}")
    return after, before


def _moment(text: str, option: str) -> datetime:
    """The time of an option; a day is its midnight, and the zone by default this machine's."""
    try:
        # fromisoformat also takes weeks and ordinal days, which nobody means here.
        if not _TIME.match(text):
            raise ValueError
        return datetime.fromisoformat(text)
    except ValueError:
        raise wrong_usage(
            f"{option} {text!r}: not a time such as 2026-11-21 or 2026-11-21T18:30+01:00"
        ) from None


def _end(text: str) -> datetime:
    moment = _moment(text, "--until")
    return moment + timedelta(days=1) if re.fullmatch(_DAY, text) else moment
