"""Files that somebody else may have made are read by few modules, which bound what they read."""

import ast
import os
from pathlib import Path

import pytest

import tagonaut
from tagonaut.files.reading import parse_json, parse_toml, read_bytes
from tagonaut.limits import DEPTH

SOURCE = Path(tagonaut.__file__).parent

READERS = (
    *("json.load", "json.loads", "tomllib.load", "tomllib.loads", "np.load", "np.fromfile"),
    *("np.memmap", "torch.load", "safe_open", "load_file", "expat.ParserCreate"),
    *("ElementTree.fromstring", "ElementTree.parse", "ElementTree.iterparse"),
    *("pl.read_parquet", "pl.read_csv", "pl.read_json", "pl.read_ndjson", "pl.read_ipc"),
    *("pl.scan_parquet", "pl.scan_csv", "pl.read_excel", "pl.read_avro", "pl.read_delta"),
)
NEVER = ("pickle", "marshal", "shelve", "dill", "joblib", "yaml", "cloudpickle")

BOUNDED = {
    "files/reading.py": "size and depth are limited: every document of ours goes through it",
    "cache.py": "arrays of our own folder, with a checksum, whose size is compared with the file",
    "data/readers/voc.py": "text of limited size, elements counted, no document type",
    "data/splitting/split_table.py": "rows, cells and pages are counted before they are read",
    "data/tables/parquet.py": "rows, cells and pages are counted before they are read",
    "data/tables/label_table.py": "never unpickled, and compared with the size of its file",
    "learning/recipes/catalogue.py": "a file of the package",
    "learning/recipes/loading.py": "a file of the package",
    "learning/recipes/measured.py": "a file of the package",
    "learning/searching/search_folder.py": "a value of ours, brought to JSON and back",
    "metadata/": "packets of limited size and elements, and the bounded answers of ExifTool",
    "models/backbones.py": "the header's length is checked, and the library checks the tensors",
    "tagger.py": "the header's length is checked, and the library checks the tensors",
    "pixels/apart.py": "a line of our own process",
    "pixels/deco": "a line of our own process",
    "pixels/bands.py": "elements are counted, no document type",
    "tagging/journal/": "cells of a journal, whose types and depth its reader checks",
    "tagging/ray/": "a line of our own actor, or a plan whose names are checked",
}


def reader(node):
    """The name of a call that reads a document or an array, if it is one."""
    name = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
    # `read_text(path)` and `read_bytes(path)` are ours; the methods of a path have no limits.
    unbounded = name.endswith((".read_text", ".read_bytes"))
    return name if unbounded or name.endswith(READERS) else ""


def test_whatever_is_read_is_read_with_limits():
    unknown, used = [], set()
    for file in sorted(SOURCE.rglob("*.py")):
        place = file.relative_to(SOURCE).as_posix()
        tree = list(ast.walk(ast.parse(file.read_text(encoding="utf-8"))))
        names = set(filter(None, map(reader, tree)))
        known = next((start for start in BOUNDED if place.startswith(start)), None)
        if names and known is None:
            unknown.append(f"{place}: {', '.join(sorted(names))}")
        used |= {known} if names else set()
        imported = {
            name.partition(".")[0]
            for node in tree
            if isinstance(node, ast.Import | ast.ImportFrom)
            for name in [getattr(node, "module", None) or node.names[0].name]
        }
        assert imported.isdisjoint(NEVER), place
    assert not unknown, "read it with tagonaut.files.reading, or say here how it is bounded"


def test_documents_are_bounded():
    deep = "[" * (DEPTH.default + 1) + "]" * (DEPTH.default + 1)
    for text in (deep, "[" * 100_000, "{" + '"a":{' * 100_000, "1" * 5_000):
        with pytest.raises(ValueError, match=r"deep|delimiter|property name|digits"):
            parse_json(text)
        with pytest.raises(ValueError):
            parse_toml(f"a = {text}")
    assert parse_json("[" * 50 + "]" * 50)


def test_what_is_no_plain_file_is_refused_without_waiting(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("/dev/zero")
    for path in (tmp_path / "pipe", tmp_path / "link", Path("/dev/zero"), tmp_path):
        for follow in (True, False):
            with pytest.raises(OSError):
                read_bytes(path, follow=follow)
    (tmp_path / "large").write_bytes(bytes(11))
    with pytest.raises(OSError, match="larger than"):
        read_bytes(tmp_path / "large", 10)
