"""A run as an export: its network a graph for OpenVINO or ONNX, and what that changes, measured."""

import shutil
import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tagonaut.errors import Interrupted, PictureError, TagonautError
from tagonaut.models.export_graph import to_openvino, write_onnx
from tagonaut.models.export_int8 import CALIBRATION, Layer, Quantiser
from tagonaut.models.export_packages import nncf, openvino
from tagonaut.models.exported import (
    EXPORT_FILE,
    GRAPH_FILES,
    ExportedNetwork,
    ExportFormat,
    StoredExport,
    graph_digest,
)
from tagonaut.models.stored import Model
from tagonaut.pixels.pack import prepared
from tagonaut.tagger import DECISIONS_FILE, LABELS_FILE, Tagger
from tagonaut.workflows.export_pictures import RunPictures
from tagonaut.workflows.out_folder import out_folder, take_place
from tagonaut.workflows.run_files import (
    HISTORY_FILE,
    METRICS_FILE,
    RECIPE_FILE,
    SCORES_FILE,
    SHEET_FILE,
    SPLIT_FILE,
)
from tagonaut.workflows.run_folder import RunFolder, baseline_tags, figures
from tagonaut.workflows.split_checks import new_test_rows
from tagonaut.workflows.split_table import read_kept_scores, write_kept_scores

NEEDED = (LABELS_FILE, DECISIONS_FILE, SPLIT_FILE, SCORES_FILE, RECIPE_FILE, METRICS_FILE)
WANTED = (HISTORY_FILE, SHEET_FILE)
FIGURES = ("map", "macro_f1", "samples_f2")
# A mean average precision that falls by so much, or more, is too dear a speed.
FALL = 0.005
# Where a larger share of the layers would be kept, little of the speed is left.
MOST_KEPT = 0.5


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
    out: Path | None = None,
    images: Path | None = None,
) -> Exported:
    """Write a run's network as a graph that takes prepared pictures, any number at once.

    The folder, default beside the run, is one that commands take for a run; its scores and figures
    of the test pictures are the graph's own. ``int8``: quantised by what it makes of training
    pictures; where the mean average precision of the test pictures falls by half a point or more,
    sensitive layers are kept in float until it does not. ``images``: a folder that holds the run's
    pictures, known by their content; default where they were. Raises ``TagonautError`` for a
    forest, for an export, and where there is no picture to quantise by.
    """
    if int8 and format != "openvino":
        raise TagonautError("--int8 goes with --format openvino alone")
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
            exported = _Export(tagger, tagger.network, RunFolder(run), place, images).write(
                format, int8=int8
            )
            take_place(place, folder)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
    except KeyboardInterrupt:
        raise Interrupted("stopped: nothing was exported") from None
    except OSError as error:
        raise TagonautError(f"{folder}: the export cannot be written ({error})") from error
    return replace(exported, folder=folder)


@dataclass(frozen=True)
class _Measured:
    """``scores[m, k]`` that a graph gives test pictures, and what changes by them."""

    rows: NDArray[np.intp]
    scores: NDArray[np.float32]
    told: dict[str, Any]

    @property
    def fall(self) -> float:
        """Of the mean average precision; 0 where there is none."""
        return -(self.told["change"]["map"] or 0.0)


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
        self.table = self.run.table(self.tagger)
        self.pictures = RunPictures.of(self.table, self.images)
        self.stored = read_kept_scores(self.run.path / SCORES_FILE, self.table)
        rows = new_test_rows(self.table)
        self.tested = self.pictures.find(rows.tolist())
        if not self.tested:
            told = self.pictures.missing(rows.tolist())
            self.notes.append(f"what the export changes is not measured: of the test split, {told}")
        elif gone := len(rows) - len(self.tested):
            self.notes.append(
                f"{gone:,} of {len(rows):,} test pictures are not where they were, or others now:"
                " their scores are the run's"
            )

    def write(self, format: ExportFormat, *, int8: bool) -> Exported:
        """The graph, what it changes, and the run's plain files with it."""
        preprocessing = self.tagger.preprocessing
        kept: list[Layer] = []
        held = True
        quantiser = self._quantiser() if int8 else None
        if format == "onnx":
            write_onnx(self.network, preprocessing, self.place)
            graph = openvino().Core().read_model(self.place / GRAPH_FILES["onnx"][0])
        else:
            graph = to_openvino(self.network, preprocessing)
        if quantiser:
            graph, measured, kept, held = self._quantised(Quantiser(graph, quantiser))
        else:
            measured = self._measured(graph)
        if format == "openvino":
            file = self.place / GRAPH_FILES["openvino"][0]
            openvino().save_model(graph, file, compress_to_fp16=False)
        about = StoredExport(
            format=format,
            int8=int8,
            preprocessing=preprocessing.to_json(),
            digest=graph_digest(self.place, format),
            run=str(self.run.path.resolve()),
            kept=tuple(map(str, kept)),
            measured=measured.told if measured else None,
        )
        about.write(self.place)
        self._write_run_files(measured)
        Tagger.load(self.place)
        return Exported(self.place, about, tuple(self.notes), held)

    def _quantiser(self) -> list[Any]:
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

    def _quantised(self, quantiser: Quantiser) -> tuple[Any, _Measured | None, list[Layer], bool]:
        """The graph in 8 bits, with as few layers in float as will do; and whether they do.

        The layers are found by training pictures; test pictures say when there are enough.
        """
        graph = quantiser.quantised()
        measured = self._measured(graph)
        best = graph, measured, list[Layer]()
        if measured is None or measured.fall < FALL:
            return *best, True
        ranked, count = quantiser.by_sensitivity(), 1
        while count <= MOST_KEPT * len(ranked):
            kept = ranked[:count]
            graph = quantiser.quantised(kept)
            found = self._measured(graph)
            if found and measured and found.fall < measured.fall:
                best, measured = (graph, found, kept), found
            if found and found.fall < FALL:
                return graph, found, kept, True
            count *= 2
        self.notes.append(
            f"int8 could not be held within {100 * FALL:g} points: with up to"
            f" {count // 2} of {len(ranked)} layers in float, mAP falls by"
            f" {100 * (measured.fall if measured else 0):.2f} at best; without --int8 it does not"
        )
        return *best, False

    def _measured(self, graph: Any) -> _Measured | None:
        """None where no test picture is there."""
        if not self.tested:
            return None
        # As the run keeps them: not calibrated.
        rule = replace(self.tagger.rule, calibration=None)
        tagger = replace(self.tagger, network=ExportedNetwork(graph, ""), rule=rule)
        scores, failures = tagger.scores(list(self.tested.values()), progress=True)
        good = [at for at in range(len(scores)) if at not in failures]
        if not good:
            return None
        rows = np.array(list(self.tested), dtype=np.intp)[good]
        scores = scores[good]
        return _Measured(rows, scores, self._change(rows, scores))

    def _change(self, rows: NDArray[np.intp], scores: NDArray[np.float32]) -> dict[str, Any]:
        """What the test pictures' figures were by the run's own scores, and are by these."""
        rule, table = self.tagger.rule, self.table
        targets, known, baseline = table.targets[rows], table.known[rows], baseline_tags(table)
        before, after = (
            figures(rule, targets, some, known, baseline)["tuned"]
            for some in (self.stored[rows], scores)
        )
        tags = [rule.decide(rule.calibrate(some)) for some in (self.stored[rows], scores)]
        pairs = {key: (before[key], after[key]) for key in FIGURES}  # type: ignore[literal-required]
        return {
            "split": "test",
            "pictures": len(rows),
            "run": {key: pair[0] for key, pair in pairs.items()},
            "export": {key: pair[1] for key, pair in pairs.items()},
            "change": {
                key: None if None in pair else pair[1] - pair[0] for key, pair in pairs.items()
            },
            "tags": int(tags[0].sum()),
            "tags_changed": int((tags[0] != tags[1]).sum()),
        }

    def _write_run_files(self, measured: _Measured | None) -> None:
        """The run's own, with the graph's scores of test pictures and what follows from them."""
        for name in (*NEEDED, *WANTED):
            if name in NEEDED or (self.run.path / name).is_file():
                shutil.copy(self.run.path / name, self.place / name)
        for grid in self.run.path.glob("grid*.csv"):
            shutil.copy(grid, self.place / grid.name)
        if measured:
            self.stored[measured.rows] = measured.scores
        write_kept_scores(self.place / SCORES_FILE, self.table, self.stored)
        RunFolder(self.place).rewrite_decisions(self.tagger.rule, self.run.recipe(), self.table)
