"""Shows the whole way, from drawn pictures to tagged photos."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tagonaut.data.readers import read
from tagonaut.drawing.chips.collection import draw_chips
from tagonaut.errors import Interrupted
from tagonaut.files.out_folder import out_folder
from tagonaut.learning.recipes import load_recipe
from tagonaut.tagger import Tagger
from tagonaut.tagging.options import TagOptions
from tagonaut.tagging.summary import Summary
from tagonaut.tagging.tag import tag_folder
from tagonaut.workflows.train import Trained, train

LABELLED, FRESH = 1000, 60
# The chips are seen from straight above: each, turned or mirrored, is one as good.
CHANGES = ("augment.flip=dihedral",)


@dataclass(frozen=True)
class Demo:
    """The result of a demonstration: its folder, the trained run, and the summary of tagging."""

    folder: Path
    trained: Trained
    tagged: Summary

    def figures(self) -> dict[str, Any]:
        """The test figures at the tuned thresholds."""
        return self.trained.metrics["test"]["tuned"]


def demo(folder: Path | None = None, *, seed: int = 0) -> Demo:
    """Draw labelled chips, train ``scratch`` on them, and tag fresh chips that nobody labelled.

    ``folder``: where; default the first free ``tagonaut-demo``. Raises ``TagonautError``.
    """
    with out_folder(folder, "tagonaut-demo") as place:
        folder = place.path
        table = draw_chips(folder / "labelled", LABELLED, seed=seed)
        fresh = draw_chips(folder / "photos", FRESH, seed=seed, labelled=False, start=LABELLED)
        trained = train(read(table), load_recipe("scratch", CHANGES), out=folder / "run")
        if trained.interrupted:
            raise Interrupted(f"stopped; what was learned so far is in {trained.run}")
        tagged = tag_folder(
            Tagger.load(trained.run),
            fresh,
            # A table that opens with a double click.
            TagOptions(to=folder / "tagged", scores=folder / "tagged" / "scores.csv"),
        )
    return Demo(folder, trained, tagged)
