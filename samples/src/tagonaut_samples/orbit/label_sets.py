"""The label sets of the photos, and their frequencies."""

from collections.abc import Iterable

from numpy.random import Generator

LABELS = (
    "Volcano",
    "Sunrise Sunset",
    "ISS Structure",
    "Stars",
    "Night",
    "Aurora",
    "Movie",
    "Day",
    "Moon",
    "Inside ISS",
    "Dock Undock",
    "Cupola",
)

# How many of the 4,877 rows of TERC's training_data.csv have exactly these labels: the rows'
# label sets counted, the 15 sets of fewer than 8 rows (34 rows together) left out. The rows with
# none of the labels are there too: photos whose keywords are all others.
SETS: dict[tuple[str, ...], int] = {
    ("Day",): 2882,
    ("Moon",): 386,
    ("Movie", "Day"): 301,
    ("Night",): 237,
    ("Sunrise Sunset",): 152,
    ("Dock Undock",): 142,
    ("ISS Structure",): 122,
    (): 108,
    ("Inside ISS",): 84,
    ("Inside ISS", "Cupola"): 70,
    ("Aurora",): 65,
    ("Day", "Inside ISS", "Cupola"): 64,
    ("ISS Structure", "Day"): 48,
    ("Aurora", "Movie"): 43,
    ("Volcano", "Day"): 38,
    ("ISS Structure", "Night"): 26,
    ("ISS Structure", "Movie"): 22,
    ("Night", "Movie"): 18,
    ("Stars",): 16,
    ("Sunrise Sunset", "Movie"): 11,
    ("Stars", "Night"): 8,
}


def drawn_set(rng: Generator) -> tuple[str, ...]:
    """One of the label sets, as often as it is in the table."""
    ticket = rng.random() * sum(SETS.values())
    for labels, count in SETS.items():
        ticket -= count
        if ticket < 0:
            return labels
    return ()


def in_order(labels: Iterable[str]) -> tuple[str, ...]:
    """The labels in the order of ``LABELS``."""
    given = set(labels)
    return tuple(label for label in LABELS if label in given)
