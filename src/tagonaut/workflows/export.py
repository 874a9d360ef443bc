"""A run as an export: its network a graph for OpenVINO or ONNX, and what that changes, measured."""

import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tagonaut.data.splitting import read_kept_scores, write_kept_scores
from tagonaut.deciding import DecisionRule
from tagonaut.errors import Interrupted, PictureError, TagonautError
from tagonaut.files.out_folder import out_folder, take_place
from tagonaut.learning.split_checks import new_test_rows
from tagonaut.models.ensemble import Ensemble
from tagonaut.models.export.exported import (
    EXPORT_FILE,
    GRAPH_FILES,
    ExportedNetwork,
    ExportFormat,
    StoredExport,
    graph_digest,
)
from tagonaut.models.export.graph import to_openvino, without_apart, write_onnx
from tagonaut.models.export.int8 import CALIBRATION, Layer, Quantiser
from tagonaut.models.export.packages import nncf, openvino
from tagonaut.models.stored import Model
from tagonaut.pixels.pixel_cache import prepared
from tagonaut.runs.export.pictures import RunPictures
from tagonaut.runs.export.quantised import Quantised, quantised_within
from tagonaut.runs.export.rule import rule_of_export
from tagonaut.runs.export.scores import GraphScores, graph_scores
from tagonaut.runs.files import (
    HISTORY_FILE,
    METRICS_FILE,
    RECIPE_FILE,
    SCORES_FILE,
    SHEET_FILE,
    SPLIT_FILE,
)
from tagonaut.runs.folder import RunFolder, baseline_tags, figures
from tagonaut.tagger import DECISIONS_FILE, LABELS_FILE, Tagger

NEEDED = (LABELS_FILE, DECISIONS_FILE, SPLIT_FILE, SCORES_FILE, RECIPE_FILE, METRICS_FILE)
WANTED = (HISTORY_FILE, SHEET_FILE)
FIGURES = ("map", "macro_f1", "samples_f2")
LIMIT = 0.5
"""Points of mean average precision: an int8 export that loses so many, or more, costs too much."""


@dataclass(frozen=True)
class Exported:
    """The export's folder, what it says of itself, and what is to be known of it.

    ``held``: False where int8 costs too much and nothing helped.
    """

    folder: Path
    about: StoredExport
    notes: tuple[str, ...]
    held: bool


def export(
    run: str | Path,
    format: ExportFormat,
    *,
    int8: bool = False,
    limit: float | None = None,
    out: Path | None = None,
    images: Path | None = None,
) -> Exported:
    """Write a run's network as a graph that takes prepared pictures, any number at once.

    The folder, default beside the run, is one that commands take for a run; its scores and figures
    of the test pictures are the graph's own. ``images``: a folder that holds the run's pictures,
    known by their content; default where they were.

    ``int8``: quantised by what it makes of training pictures. Where the mean average precision of
    the validation pictures falls by ``limit`` points (default 0.5) or more, sensitive layers are
    kept in float until it does not. The decision rule is tuned anew on the graph's own scores of
    the pictures that tuned the run's. Test pictures judge alone.

    Raises ``TagonautError`` for a forest, for an export, and where there is no picture to quantise
    by.
    """
    if int8 and format != "openvino":
        raise TagonautError("--int8 goes with --format openvino alone")
    if limit is not None and not (int8 and 0 < limit <= 100):
        raise TagonautError("--limit goes with --int8: points of mAP over 0, such as 0.5")
    openvino()
    if int8:
        nncf()
    run = Path(run)
    tagger = Tagger.load(run)
    if isinstance(tagger.network, ExportedNetwork):
        source = StoredExport.read(run).run
        raise TagonautError(f"{run}: is an export already, of {source}: export that")
    default = f"{run.resolve()}-{format}{'-int8' if int8 else ''}"
    folder = out_folder(out, default, "export", marked_by=EXPORT_FILE)
    try:
        temporary = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
        try:
            # Under its own name, which the files in it tell.
            place = temporary / folder.name
            place.mkdir()
            export = _Export(tagger, tagger.network, RunFolder(run), place, images)
            exported = export.write(format, int8=int8, limit=(limit or LIMIT) / 100)
            take_place(place, folder)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
    except KeyboardInterrupt:
        raise Interrupted("stopped: nothing was exported") from None
    except OSError as error:
        raise TagonautError(f"{folder}: the export cannot be written ({error})") from error
    return replace(exported, folder=folder)


@dataclass
class _Export:
    """A run on its way into an empty folder, ``place``."""

    tagger: Tagger
    network: Model
    run: RunFolder
    place: Path
    images: Path | None
    notes: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.recipe, self.table = self.run.recipe(), self.run.table(self.tagger)
        self.pictures = RunPictures.of(self.table, self.images)
        self.stored = read_kept_scores(self.run.path / SCORES_FILE, self.table)

    def write(self, format: ExportFormat, *, int8: bool, limit: float) -> Exported:
        """The graph, what it changes, and the run's plain files with it."""
        preprocessing = self.tagger.preprocessing
        rule, kept, validated = self.tagger.rule, tuple[Layer, ...](), None
        if int8:
            quantised = self._quantised(limit)
            graph, kept, validated = quantised.graph, quantised.kept, quantised.measured
            rule, note = rule_of_export(rule, self.recipe, self.table, self.stored, validated)
            self.notes.append(note)
        elif format == "onnx":
            write_onnx(self.network, preprocessing, self.place)
            graph = openvino().Core().read_model(self.place / GRAPH_FILES["onnx"][0])
        else:
            graph = to_openvino(self.network, preprocessing)
        tested = self._tested(graph)
        measured = self._measured(rule, tested) if tested else None
        if format == "openvino":
            file = self.place / GRAPH_FILES["openvino"][0]
            openvino().save_model(without_apart(graph), file, compress_to_fp16=False)
        about = StoredExport(
            format=format,
            int8=int8,
            preprocessing=preprocessing.to_json(),
            digest=graph_digest(self.place, format),
            run=str(self.run.path.resolve()),
            kept=tuple(map(str, kept)),
            measured=measured,
        )
        about.write(self.place)
        self._write_run_files(rule, [some for some in (validated, tested) if some])
        Tagger.load(self.place)
        held = not int8 or self._held(limit, quantised.fall, measured)
        return Exported(self.place, about, tuple(self.notes), held)

    def _quantised(self, limit: float) -> Quantised:
        """The graph in 8 bits: layers are ranked by training pictures, counted by validation."""
        table, preprocessing = self.table, self.tagger.preprocessing
        apart = isinstance(self.network, Ensemble)
        rows = table.out_of_sample().tolist()
        pictures = self.pictures.find(rows)
        if not pictures:
            told = self.pictures.missing(rows)
            self.notes.append(f"sensitive layers were not looked for: to tune by, {told}")

        def measure(graph: Any) -> tuple[GraphScores | None, float]:
            folds = table.folds if table.folded else None
            found = graph_scores(graph, preprocessing, pictures, folds=folds)
            return found, found.fall(table, self.stored) if found else 0.0

        training = self._training_pictures()
        graph = to_openvino(self.network, preprocessing, apart=apart)
        found = quantised_within(Quantiser(graph, training), measure, limit)
        if found.measured:
            where = "out-of-fold" if table.folded else "validation"
            self.notes.append(
                f"of {len(found.measured.rows):,} {where} pictures, mAP changes by"
                f" {-100 * found.fall:+.2f} points"
            )
        self.notes += found.told
        return found

    def _training_pictures(self) -> list[Any]:
        """The prepared training pictures to quantise by."""
        learned = self.table.learned()
        rows = np.random.default_rng(0).permutation(learned).tolist()
        paths = list(self.pictures.find(rows, most=CALIBRATION).values())
        found = [
            some
            for some in prepared(paths, self.tagger.preprocessing)
            if not isinstance(some, PictureError)
        ]
        if not found:
            raise TagonautError(
                f"--int8 takes training pictures to quantise by: {self.pictures.missing(rows)}"
            )
        self.notes.append(f"quantised by {len(found):,} of {len(learned):,} training pictures")
        return found

    def _held(self, limit: float, fall: float, measured: dict[str, Any] | None) -> bool:
        """Whether the limit was kept; says so where it was not."""
        falls = {"validation": fall}
        if measured:
            falls["test"] = -(measured["change"]["map"] or 0.0)
        over = {part: some for part, some in falls.items() if some >= limit}
        if over:
            told = ", ".join(f"{100 * some:.2f} ({part})" for part, some in over.items())
            self.notes.append(
                f"int8 was not held below {100 * limit:g} points: mAP falls by {told}; without"
                " --int8 it does not"
            )
        return not over

    def _tested(self, graph: Any) -> GraphScores | None:
        """None where no test picture is there."""
        rows = new_test_rows(self.table)
        pictures = self.pictures.find(rows.tolist())
        found = graph_scores(graph, self.tagger.preprocessing, pictures) if pictures else None
        if found is None:
            told = self.pictures.missing(rows.tolist())
            self.notes.append(f"what the export changes is not measured: of the test split, {told}")
        elif gone := len(rows) - len(found.rows):
            self.notes.append(
                f"{gone:,} of {len(rows):,} test pictures are not where they were, or others now:"
                " their scores are the run's"
            )
        return found

    def _measured(self, rule: DecisionRule, tested: GraphScores) -> dict[str, Any]:
        """What the test pictures' figures were by the run's own scores, and are by these.

        ``run_rule``: by these, but as the run's rule decides.
        """
        table, rows, before = self.table, tested.rows, self.tagger.rule
        targets, known, baseline = table.targets[rows], table.known[rows], baseline_tags(table)
        ways = {
            "run": (before, self.stored[rows]),
            "run_rule": (before, tested.scores),
            "export": (rule, tested.scores),
        }
        if rule is before:
            del ways["run_rule"]
        told, tags = dict[str, Any](), dict[str, NDArray[np.bool_]]()
        for name, (chosen, scores) in ways.items():
            found = figures(chosen, targets, scores, known, baseline)["tuned"]
            told[name] = {key: found[key] for key in FIGURES}
            tags[name] = chosen.decide(chosen.calibrate(scores))
        pairs = {key: (told["run"][key], told["export"][key]) for key in FIGURES}
        return {
            "split": "test",
            "pictures": len(rows),
            **told,
            "change": {
                key: None if None in pair else pair[1] - pair[0] for key, pair in pairs.items()
            },
            "tags": int(tags["run"].sum()),
            "tags_changed": int((tags["run"] != tags["export"]).sum()),
        }

    def _write_run_files(self, rule: DecisionRule, scored: Sequence[GraphScores]) -> None:
        """The run's own, with the graph's scores and what follows from them."""
        for name in (*NEEDED, *WANTED):
            if name in NEEDED or (self.run.path / name).is_file():
                shutil.copy(self.run.path / name, self.place / name)
        for grid in self.run.path.glob("grid*.csv"):
            shutil.copy(grid, self.place / grid.name)
        for some in scored:
            self.stored[some.rows] = some.scores
        write_kept_scores(self.place / SCORES_FILE, self.table, self.stored)
        RunFolder(self.place).rewrite_decisions(rule, self.recipe, self.table)
