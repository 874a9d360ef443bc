"""The summary that tagging and untagging print."""

import shlex
from typing import TYPE_CHECKING

import typer

from tagonaut.cli.output import SHOWN, echo, print_json, print_notes, print_table
from tagonaut.cli.status import DONE, LEFT_OUT, NOTHING_DONE

if TYPE_CHECKING:
    from tagonaut.tagging.summary import Summary


def report(summary: "Summary", done: str, *, json: bool) -> None:
    """Print a summary and exit with its status; ``done`` is "tagged" or "untagged"."""
    print_notes(summary.notes)
    failures = [f"{name}: {reason}" for name, reason in summary.failures]
    print_notes(failures)
    if summary.failed > SHOWN and summary.archive is not None:
        place = shlex.quote(str(summary.archive))
        print_notes([f"every failure: tagonaut history {place}"])
    if json:
        print_json(
            {
                "photos": summary.seen,
                done: summary.written,
                "copied": summary.copied,
                "nothing_to_do": summary.nothing_to_do,
                "failed": summary.failed,
                "failures": failures,
                "passed_over": summary.passed.counts,
                "notes": summary.notes,
                "tags": dict(summary.tags),
                "taken_away": dict(summary.taken),
                "examples": [{"photo": name, "tags": tags} for name, tags in summary.examples],
                "journal": str(summary.journal) if summary.journal else None,
                "scores": str(summary.scores) if summary.scores else None,
                **(
                    {
                        "original_bytes": summary.originals,
                        "only_fields": summary.only_fields,
                    }
                    if done == "untagged"
                    else {}
                ),
                "dry_run": summary.dry_run,
                "stopped": summary.stopped,
            }
        )
    else:
        _print(summary, done)
    if not summary.failed and not summary.stopped:
        raise typer.Exit(DONE)
    fine = summary.written + summary.copied + summary.nothing_to_do
    raise typer.Exit(LEFT_OUT if fine else NOTHING_DONE)


def _print(summary: "Summary", done: str) -> None:
    if summary.changed:
        print_table(
            "Photos with each tag" + (" (nothing written)" if summary.dry_run else ""),
            ["tag", "photos", "of these new" if done == "tagged" else "of these removed"],
            [
                [tag, f"{count:,}", f"{summary.changed[tag]:,}"]
                for tag, count in (summary.tags or summary.changed).most_common()
            ],
        )
    if summary.taken:
        gone = ", ".join(f"{tag} ({count:,})" for tag, count in summary.taken.most_common())
        removed = "would be removed" if summary.dry_run else "removed"
        echo(f"{removed}, because this command does not choose them: {gone}")
    if summary.dry_run:
        for name, tags in summary.examples:
            echo(f"would be {done}: {name}: {', '.join(tags)}")
        if (more := summary.written - len(summary.examples)) > 0:
            echo(f"… and {more:,} more")
    counts = [
        f"{summary.seen:,} photos",
        f"{summary.written:,} {'would be ' if summary.dry_run else ''}{done}",
        f"{summary.copied:,} copied unchanged" if summary.copied else "",
        f"{summary.nothing_to_do:,} nothing to do",
        f"{summary.failed:,} failed" if summary.failed else "",
        "stopped before the end" if summary.stopped else "",
    ]
    echo(", ".join(filter(None, counts)))
    if done == "untagged" and summary.originals + summary.only_fields:
        echo(_files(summary))
    for line in summary.passed.lines():
        echo(line)
    if summary.scores:
        echo(f"scores: {summary.scores}    journal: {summary.journal}")


def _files(summary: "Summary") -> str:
    """How many untagged photos are the files that they were before."""
    be = "would be" if summary.dry_run else "are"
    same = f"{summary.originals:,} {be} the original files again, byte for byte"
    if not summary.only_fields:
        return same
    return (
        f"{same}; {summary.only_fields:,} {be} as before in their keyword fields alone (changed"
        " since, not untagged whole, or tagged by an earlier version)"
    )
