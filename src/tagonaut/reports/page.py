"""Renders the templates beside this module; every page is one file that fetches nothing."""

import base64
import hashlib
import re
import shlex
from pathlib import Path
from typing import Any

from tagonaut.data.text import one_line
from tagonaut.reports.summary import percent

_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)
_MARKDOWN = re.compile(r"[\\`|<>\[\]]")


def render(template: str, /, **values: Any) -> str:
    """The text of a template, all of whose names must be among the values.

    An HTML page extends ``layout.html`` for the head and the style that all share; in it values are
    escaped, unless they are SVG that it marks as safe. What a browser or a terminal would obey in a
    name is shown. No script runs but the template's own.
    """
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("tagonaut", "reports/templates"),
        autoescape=jinja2.select_autoescape(),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        undefined=jinja2.StrictUndefined,
        # Markup, which is a kind of text, is our own.
        finalize=lambda value: one_line(value) if type(value) is str else value,
    )
    environment.filters |= {
        "percent": percent,
        "count": "{:,}".format,
        "markdown": _in_markdown,
        "shell": shlex.quote,
    }
    assert environment.loader is not None
    source, _, _ = environment.loader.get_source(environment, template)
    return environment.get_template(template).render(values, policy=_policy(source))


def _policy(source: str) -> str:
    """The content-security policy of a template: data of its own, and its own scripts."""
    scripts = [
        base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        for script in _SCRIPT.findall(source)
    ]
    allowed = " ".join(f"'sha256-{digest}'" for digest in scripts) or "'none'"
    # Bars and dots are placed by style attributes, which no hash can allow.
    return (
        "default-src 'none'; img-src data:; style-src 'unsafe-inline';"
        f" script-src {allowed}; base-uri 'none'; form-action 'none'"
    )


def _in_markdown(text: str) -> str:
    """A name in a model card, where it is neither markup nor the end of a table's cell."""
    return _MARKDOWN.sub(lambda found: "\\" + found[0], text)


def write(path: Path, template: str, /, **values: Any) -> None:
    """Write what ``render`` gives as UTF-8; what a file's name holds beyond it, as escapes."""
    path.write_text(render(template, **values), encoding="utf-8", errors="backslashreplace")
