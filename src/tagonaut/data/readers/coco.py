"""Reads COCO's JSON: pictures, categories, and annotations that link the two."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tagonaut.data.readers.labelled import Labelled, Tagged
from tagonaut.data.readers.reader import Reader, find_file
from tagonaut.data.readers.reading import Reading
from tagonaut.data.readers.spelling import find_spelling
from tagonaut.data.tables import load_json
from tagonaut.errors import DataError

KEYS = ("images", "annotations", "categories")

Id = int | str


def _recognise(file: Path) -> bool:
    """Whether a file is one JSON object, as COCO's are; a table of JSON is a list, or lines."""
    if file.suffix.lower() != ".json":
        return False
    with file.open("rb") as opened:
        return opened.read(100).lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{")


def _read(path: Path, how: Reading) -> Labelled:
    """A picture has a category if any of its boxes has it, including a crowd's.

    Pictures without boxes are kept: they have no label. All categories are labels, in the order of
    their ids, also those that no box has; ``labels`` chooses among them. The format:
    https://cocodataset.org/#format-data. Raises ``DataError`` for entries that do not fit.
    """
    document = load_json(path)
    if not (
        isinstance(document, dict) and all(isinstance(document.get(key), list) for key in KEYS)
    ):
        raise DataError(f"{path}: not in COCO's format, which has the lists {', '.join(KEYS)}")
    images = [_id(path, "images", at, image) for at, image in enumerate(document["images"])]
    categories = {
        _id(path, "categories", at, category): _text(path, "categories", at, category, "name")
        for at, category in enumerate(document["categories"])
    }
    if not images or not categories:
        raise DataError(f"{path}: it has no {'categories' if images else 'images'}")
    if len(set(images)) < len(images):
        raise DataError(f"{path}: several images have the same id")
    ids = [
        _text(path, "images", at, image, "file_name") for at, image in enumerate(document["images"])
    ]
    tags = _tags(path, document["annotations"], images, categories)
    names = [name for _, name in sorted(categories.items(), key=lambda item: str(item[0]).zfill(9))]
    counts = Counter(dict.fromkeys(names, 0))
    counts.update(name for found in tags for name in found)
    labels = how.get("labels")
    spelling = find_spelling(counts, declared=labels or (), merge=how.get("normalise", False))
    return Labelled.of_tags(
        Tagged(path, ids, [f"{path.name}: image {key}" for key in images], tags),
        spelling,
        labels=list(labels or dict.fromkeys(spelling.of(names))),
        strict=not labels,
    )


def _tags(
    path: Path, boxes: list[Any], images: list[Id], categories: Mapping[Any, str]
) -> list[list[str]]:
    """The categories of each image."""
    found: dict[Any, dict[str, None]] = {key: {} for key in images}
    faults = []
    for at, box in enumerate(boxes):
        image, category = (
            (box.get("image_id"), box.get("category_id")) if isinstance(box, dict) else (None, None)
        )
        # A hostile id can be a list, which no dictionary looks up.
        if not (_plain(image) and image in found and _plain(category) and category in categories):
            faults.append(
                f"annotations[{at}]: image_id {image!r} or category_id {category!r} is not listed"
            )
        else:
            found[image][categories[category]] = None
    if faults:
        raise DataError(
            f"{path}: {len(faults):,} annotations refer to an unknown picture or category", faults
        )
    return [list(tags) for tags in found.values()]


def _plain(value: Any) -> bool:
    return isinstance(value, Id)


def _id(path: Path, key: str, at: int, entry: Any) -> Id:
    found = entry.get("id") if isinstance(entry, dict) else None
    if not isinstance(found, Id):
        raise DataError(f"{path}: {key}[{at}] has no id")
    return found


def _text(path: Path, key: str, at: int, entry: Mapping[str, Any], field: str) -> str:
    found = entry.get(field)
    if not isinstance(found, str) or not found.strip():
        raise DataError(f"{path}: {key}[{at}] has no {field}")
    return found.strip()


READER = Reader(_recognise, _read, find=find_file, takes_images=True)
