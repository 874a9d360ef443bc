"""Exports a run's network as a graph for OpenVINO or ONNX, and measures how figures change."""

import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tagonaut.data.splitting import read_kept_scores, write_kept_scores
from tagonaut.deciding import DecisionRule, evaluate_rule
from tagonaut.errors import Interrupted, PictureError, TagonautError
from tagonaut.files.out_folder import out_folder
from tagonaut.files.run_files import (
    DECISIONS_FILE,
    EXPORT,
    GRAPH_FILES,
    GRIDS,
    HISTORY_FILE,
    LABELS_FILE,
    METRICS_FILE,
    RECIPE_FILE,
    SCORES_FILE,
    SHEET_FILE,
    SPLIT_FILE,
    ExportFormat,
)
from tagonaut.files.written_whole import write_whole
from tagonaut.learning.split_checks import new_test_rows
from tagonaut.models.ensemble import Ensemble
from tagonaut.models.export import (
    CALIBRATION,
    ExportedNetwork,
    Quantiser,
    StoredExport,
    graph_digest,
    nncf,
    openvino,
)
from tagonaut.models.export.graph import to_openvino, without_apart, write_onnx
from tagonaut.models.stored import Model
from tagonaut.pixels.pixel_cache import prepared
from tagonaut.runs.export import (
    GraphScores,
    Quantised,
    RunPictures,
    graph_scores,
    quantised_within,
    rule_of_export,
)
from tagonaut.runs.folder import RunFolder, baseline_tags
from tagonaut.tagger import Tagger

NEEDED = (LABELS_FILE, DECISIONS_FILE, SPLIT_FILE, SCORES_FILE, RECIPE_FILE, METRICS_FILE)
WANTED = (HISTORY_FILE, SHEET_FILE)
COMPARED = ("map", "macro_f1", "samples_f2")
LIMIT = 0.5
"""Points of mean average precision: an int8 export that loses this many or more costs too much."""


@dataclass(frozen=True)
class Exported:
    """The export's folder, its ``export.json``, and notes.

    ``held``: False where int8 costs too much and no layers in float helped.
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

    Commands take the folder, by default beside the run, for a run. Its scores and figures of the
    test pictures are the graph's own. ``images``: a folder with the run's pictures, found by their
    content; by default they are read where they were.

    ``int8``: quantised, with ranges from training pictures. Where the mean average precision of the
    validation pictures falls by ``limit`` points (default 0.5) or more, sensitive layers are kept
    in float until it does not. The decision rule is tuned again, on the graph's own scores of the
    pictures that tuned the run's rule. Only test pictures are reported on.

    Raises ``TagonautError`` for a forest, for an export, and where there is no picture to calibrate
    on.
    """
    if int8 and format != "openvino":
        raise TagonautError("--int8 needs --format openvino")
    if limit is not None and not (int8 and 0 < limit <= 100):
        raise TagonautError("--limit needs --int8, and takes points of mAP over 0, such as 0.5")
    openvino()
    if int8:
        nncf()
    run = Path(run)
    tagger = Tagger.load(run)
    if isinstance(tagger.network, ExportedNetwork):
        source = StoredExport.read(run).run
        raise TagonautError(
            f"{run}: an export cannot be exported again: export {source}, the run that it was "
            "made from"
        )
    default = f"{run.resolve()}-{format}{'-int8' if int8 else ''}"
    try:
        with (
            out_folder(out, default, EXPORT) as place,
            tempfile.TemporaryDirectory(prefix="tagonaut-export-") as scratch,
        ):
            export = _Export(tagger, tagger.network, RunFolder(run), format, images)
            made = export.make(int8, (limit or LIMIT) / 100, Path(scratch))
            about = write_whole(
                place, lambda folder: export.write(made, folder, place.path.name, Path(scratch))
            )
    except KeyboardInterrupt:
        raise Interrupted("stopped: nothing was exported") from None
    except OSError as error:
        raise TagonautError(f"{run}: cannot be exported ({error})") from error
    return Exported(place.path, about, tuple(export.notes), made.held)


@dataclass(frozen=True)
class _Made:
    """A graph, its decision rule, and what was measured of it.

    ``quantised``: of int8 alone. ``held``: whether int8 costs less than the limit.
    """

    graph: Any
    rule: DecisionRule
    quantised: Quantised | None
    tested: GraphScores | None
    measured: dict[str, Any] | None
    held: bool


@dataclass
class _Export:
    """A run on its way to another format."""

    tagger: Tagger
    network: Model
    run: RunFolder
    format: ExportFormat
    images: Path | None
    notes: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.recipe, self.table = self.run.recipe(), self.run.table(self.tagger)
        self.pictures = RunPictures.of(self.table, self.images)
        self.stored = read_kept_scores(self.run.path / SCORES_FILE, self.table)

    def make(self, int8: bool, limit: float, scratch: Path) -> _Made:
        """The graph, scored; one of ONNX is read from its file in ``scratch``."""
        preprocessing = self.tagger.preprocessing
        rule, quantised = self.tagger.rule, None
        if int8:
            quantised = self._quantised(limit)
            graph = quantised.graph
            rule, note = rule_of_export(
                rule, self.recipe, self.table, self.stored, quantised.measured
            )
            self.notes.append(note)
        elif self.format == "onnx":
            write_onnx(self.network, preprocessing, scratch)
            graph = openvino().Core().read_model(scratch / GRAPH_FILES["onnx"][0])
        else:
            graph = to_openvino(self.network, preprocessing)
        tested = self._tested(graph)
        measured = self._measured(rule, tested) if tested else None
        held = quantised is None or self._held(limit, quantised.fall, measured)
        return _Made(graph, rule, quantised, tested, measured, held)

    def write(self, made: _Made, folder: Path, name: str, scratch: Path) -> StoredExport:
        """Write the graph, its description, and the run's plain files; ``name`` is the export's."""
        first = GRAPH_FILES[self.format][0]
        if self.format == "openvino":
            graph = without_apart(made.graph)
            openvino().save_model(graph, folder / first, compress_to_fp16=False)
        else:
            shutil.copy(scratch / first, folder / first)
        about = StoredExport(
            format=self.format,
            int8=made.quantised is not None,
            preprocessing=self.tagger.preprocessing.to_json(),
            digest=graph_digest(folder, self.format),
            identity=2,
            run=str(self.run.path.resolve()),
            kept=tuple(map(str, made.quantised.kept if made.quantised else ())),
            measured=made.measured,
        )
        about.write(folder)
        self._write_run_files(made, folder, name)
        Tagger.load(folder)
        return about

    def _quantised(self, limit: float) -> Quantised:
        """The graph in 8 bits, with sensitive layers in float; see ``quantised_within``."""
        table, preprocessing = self.table, self.tagger.preprocessing
        apart = isinstance(self.network, Ensemble)
        rows = table.out_of_sample().tolist()
        pictures = self.pictures.find(rows)
        if not pictures:
            missing = self.pictures.missing(rows)
            self.notes.append(
                f"sensitive layers were not searched on the pictures that tuned the rule: {missing}"
            )

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
        self.notes += found.notes
        return found

    def _training_pictures(self) -> list[Any]:
        """The prepared training pictures for the calibration of int8."""
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
                "--int8 needs training pictures for its calibration, but "
                f"{self.pictures.missing(rows)}"
            )
        self.notes.append(f"calibrated on {len(found):,} of {len(learned):,} training pictures")
        return found

    def _held(self, limit: float, fall: float, measured: dict[str, Any] | None) -> bool:
        """Whether mAP falls by less than the limit; a note says so if not."""
        falls = {"validation": fall}
        if measured:
            falls["test"] = -(measured["change"]["map"] or 0.0)
        over = {part: some for part, some in falls.items() if some >= limit}
        if over:
            costs = " and ".join(
                f"{100 * some:.2f} points of {part}" for part, some in over.items()
            )
            self.notes.append(
                f"int8 costs {costs} mAP, more than the limit of {100 * limit:g}; export without"
                " --int8 to avoid this"
            )
        return not over

    def _tested(self, graph: Any) -> GraphScores | None:
        """The graph's scores of the test pictures; None if no such picture is there."""
        rows = new_test_rows(self.table)
        pictures = self.pictures.find(rows.tolist())
        found = graph_scores(graph, self.tagger.preprocessing, pictures) if pictures else None
        if found is None:
            missing = self.pictures.missing(rows.tolist())
            self.notes.append(
                f"the effect of the export was not measured on the test split: {missing}"
            )
        elif gone := len(rows) - len(found.rows):
            self.notes.append(
                f"{gone:,} of {len(rows):,} test pictures were moved or changed: their scores are "
                "the run's"
            )
        return found

    def _measured(self, rule: DecisionRule, tested: GraphScores) -> dict[str, Any]:
        """The test pictures' figures by the run's own scores, and by the graph's.

        ``run_rule``: by the graph's scores and the run's rule.
        """
        table, rows, before = self.table, tested.rows, self.tagger.rule
        ids, baseline = [table.ids[row] for row in rows], baseline_tags(table)
        ways = {
            "run": (before, self.stored[rows]),
            "run_rule": (before, tested.scores),
            "export": (rule, tested.scores),
        }
        if rule is before:
            del ways["run_rule"]
        values, tags = dict[str, Any](), dict[str, NDArray[np.bool_]]()
        for name, (chosen, scores) in ways.items():
            found = evaluate_rule(
                chosen,
                ids,
                table.targets[rows],
                scores,
                majority=baseline,
                known=table.known[rows],
            )
            values[name] = {key: found[key] for key in COMPARED}
            tags[name] = chosen.decide(chosen.calibrate(scores))
        pairs = {key: (values["run"][key], values["export"][key]) for key in COMPARED}
        return {
            "split": "test",
            "pictures": len(rows),
            **values,
            "change": {
                key: None if None in pair else pair[1] - pair[0] for key, pair in pairs.items()
            },
            "tags": int(tags["run"].sum()),
            "tags_changed": int((tags["run"] != tags["export"]).sum()),
        }

    def _write_run_files(self, made: _Made, folder: Path, name: str) -> None:
        """Copy the run's own, with the graph's scores and the figures that follow from them."""
        for file in (*NEEDED, *WANTED):
            if file in NEEDED or (self.run.path / file).is_file():
                shutil.copy(self.run.path / file, folder / file)
        for grid in self.run.path.glob(GRIDS):
            shutil.copy(grid, folder / grid.name)
        for some in (made.quantised and made.quantised.measured, made.tested):
            if some:
                self.stored[some.rows] = some.scores
        write_kept_scores(folder / SCORES_FILE, self.table, self.stored)
        RunFolder(folder).rewrite_decisions(made.rule, self.recipe, self.table, name=name)
