"""Renders the templates beside this module; every page is one file that fetches nothing."""

from pathlib import Path
from typing import Any

from tagonaut.reports.summary import percent


def render(template: str, /, **values: Any) -> str:
    """The text of a template, all of whose names must be among the values.

    An HTML page extends ``layout.html`` for the head and the style that all share; in it values are
    escaped, unless they are SVG that it marks as safe.
    """
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("tagonaut", "reports/templates"),
        autoescape=jinja2.select_autoescape(),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters |= {"percent": percent, "count": "{:,}".format}
    return environment.get_template(template).render(values)


def write(path: Path, template: str, /, **values: Any) -> None:
    """Write what ``render`` gives as UTF-8; what a file's name holds beyond it, as escapes."""
    path.write_text(render(template, **values), encoding="utf-8", errors="backslashreplace")
