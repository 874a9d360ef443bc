"""The tagger: pictures in, scores and tags out."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray
from safetensors import safe_open

from tagonaut.deciding import DecisionRule
from tagonaut.errors import PictureError, TagonautError
from tagonaut.files.out_folder import recover
from tagonaut.files.reading import parse_json, read_bytes
from tagonaut.files.run_files import (
    DECISIONS_FILE,
    EXPORT,
    EXPORT_FILE,
    LABELS_FILE,
    MODEL_FILE,
    RUN,
)
from tagonaut.labels import LabelSet
from tagonaut.models.export import ExportedNetwork, StoredExport
from tagonaut.pixels.pixel_cache import prepared
from tagonaut.pixels.preprocessing import SCORING_BATCH, Pixels, Preprocessing
from tagonaut.progress import track

if TYPE_CHECKING:
    from tagonaut.models.stored import Model

# No recipe may ask for larger pictures.
LARGEST = 4096
# A model file with this entry is identified by all that makes its scores.
IDENTITY = "identity"


@dataclass
class Tagger:
    """A network, a forest, or several of them averaged, with its preprocessing, labels and rule.

    Its scores are calibrated as its rule says. Journals know it by ``run_id``: the name of the run
    folder and a digest of the tensors, the rule, the architecture, the views and the preprocessing.
    The digest of a run of an earlier version covers the first two alone, as it did then: archives
    that it has tagged know it by that. An export is loaded and scores without PyTorch.
    """

    network: "Model | ExportedNetwork"
    preprocessing: Preprocessing
    labels: LabelSet
    rule: DecisionRule
    run_id: str = ""
    batch_size = SCORING_BATCH

    def save(self, run: Path) -> None:
        """Write the model, the labels and the rule into a run folder."""
        from safetensors.torch import save

        from tagonaut.models.stored import describe

        assert not isinstance(self.network, ExportedNetwork)
        words = {"preprocessing": json.dumps(self.preprocessing.to_json()), IDENTITY: "2"}
        tensors = {
            key: tensor.contiguous().cpu() for key, tensor in self.network.state_dict().items()
        }
        # As bytes: a file of its own making could be read by its owner alone.
        (run / MODEL_FILE).write_bytes(save(tensors, metadata=words | describe(self.network)))
        labels = {"labels": self.labels.names, "groups": self.labels.groups}
        _write_json(run / LABELS_FILE, labels)
        write_rule(run, self.rule)

    @classmethod
    def load(cls, run: str | Path) -> Self:
        """Read a run folder; raises ``TagonautError`` for one that is missing or damaged."""
        run = Path(run)
        if not is_run(run):
            raise TagonautError(f"{run}: not a run folder: it holds no {MODEL_FILE}")
        exported = not (run / MODEL_FILE).is_file()
        labels, rule = read_labels(run), read_rule(run)
        if LabelSet(rule.labels, rule.groups) != labels:
            raise TagonautError(f"{run}: {DECISIONS_FILE} and {LABELS_FILE} name different labels")
        network, preprocessing, identity = _exported(run) if exported else _model(run / MODEL_FILE)
        if network.labels != len(labels):
            raise TagonautError(
                f"{run}: {'its graph' if exported else MODEL_FILE} scores {network.labels} labels,"
                f" but {LABELS_FILE} names {len(labels)}"
            )
        # Other thresholds make other tags: they are another run to a journal.
        digest = hashlib.sha256(json.dumps([identity[0], rule.to_json(), *identity[1:]]).encode())
        run_id = f"{run.resolve().name}-{digest.hexdigest()[:12]}"
        return cls(network, preprocessing, labels, rule, run_id)

    def prepare(self, path: Path) -> Pixels:
        """One picture decoded to ``[s, s, c]``; raises ``PictureError``. Any thread may call it."""
        return self.preprocessing.prepare(path)

    def score_pixels(self, pictures: Sequence[Pixels]) -> NDArray[np.float32]:
        """``scores[n, k]``, 0 to 1 and calibrated, of prepared pictures, all in one batch."""
        if not pictures:
            return np.zeros((0, len(self.labels)), dtype=np.float32)
        if isinstance(self.network, ExportedNetwork):
            scores = self.network.scores(np.stack(pictures))
        else:
            from tagonaut.models.network import forward

            found = forward(self.network.scores, np.stack(pictures), self.preprocessing)
            scores = found.float().cpu().numpy()
        return self.rule.calibrate(scores).astype(np.float32)

    def decide(self, scores: NDArray[np.float32]) -> NDArray[np.bool_]:
        """``tags[n, k]`` of ``scores[n, k]``."""
        return self.rule.decide(scores)

    def scores(
        self, paths: Sequence[Path], *, progress: bool = False
    ) -> tuple[NDArray[np.float32], dict[int, PictureError]]:
        """``scores[n, k]`` of picture files; NaN for those that cannot be read, and why."""
        found, failures = score_files([self], paths, progress=progress)
        return found[0], failures

    def tag(self, paths: Sequence[str | Path]) -> list[list[str]]:
        """The tags of each picture; raises ``PictureError`` for one that cannot be read."""
        scores, failures = self.scores([Path(path) for path in paths])
        for row, error in failures.items():
            raise PictureError(f"{paths[row]}: {error}") from error
        return self.labels.decode(self.decide(scores))


def score_files(
    taggers: Sequence[Tagger], paths: Sequence[Path], *, progress: bool = False
) -> tuple[list[NDArray[np.float32]], dict[int, PictureError]]:
    """Each tagger's ``scores[n, k]``; NaN for pictures that cannot be read, and the reasons.

    The taggers must have the same preprocessing: each picture is decoded once.
    """
    first = taggers[0]
    scores = [np.full((len(paths), len(one.labels)), np.nan, dtype=np.float32) for one in taggers]
    failures: dict[int, PictureError] = {}
    rows: list[int] = []
    pictures: list[Pixels] = []
    decoded = prepared(paths, first.preprocessing)
    for row, picture in enumerate(
        track(decoded, "scoring", total=len(paths)) if progress else decoded
    ):
        if isinstance(picture, PictureError):
            failures[row] = picture
        else:
            rows.append(row)
            pictures.append(picture)
        if len(rows) == first.batch_size or row == len(paths) - 1:
            for tagger, found in zip(taggers, scores, strict=True):
                found[rows] = tagger.score_pixels(pictures)
            rows, pictures = [], []
    return scores, failures


def write_rule(run: Path, rule: DecisionRule) -> None:
    """Write the decision rule of a run folder."""
    _write_json(run / DECISIONS_FILE, rule.to_json())


def read_rule(run: Path) -> DecisionRule:
    """The decision rule of a run; raises ``TagonautError``."""
    decisions = _read_json(run / DECISIONS_FILE)
    try:
        return DecisionRule.from_json(decisions)
    except TagonautError as error:
        raise TagonautError(f"{run / DECISIONS_FILE}: {error}") from None


def is_run(folder: Path) -> bool:
    """Whether training left this folder, or an export of what it left.

    One whose replacement a kill cut short is brought back first.
    """
    for kind in (RUN, EXPORT):
        recover(folder, kind)
    return any((folder / name).is_file() for name in (MODEL_FILE, EXPORT_FILE))


def read_labels(run: Path) -> LabelSet:
    """Read the labels of a run; raises ``TagonautError``."""
    named = _read_json(run / LABELS_FILE)
    try:
        return LabelSet(tuple(named["labels"]), tuple(map(tuple, named["groups"])))
    except (KeyError, TypeError, AttributeError) as error:
        raise TagonautError(f"{run / LABELS_FILE}: damaged ({error!r})") from None


def _model(file: Path) -> "tuple[Model, Preprocessing, list[Any]]":
    """Read a model, its preprocessing, and the values that identify them."""
    from tagonaut.models.backbones import check_tensors_file, fingerprint, read_tensors
    from tagonaut.models.compute import to_device
    from tagonaut.models.stored import read_description

    try:
        check_tensors_file(file)
        with safe_open(file, "np") as opened:
            words = opened.metadata() or {}
        preprocessing = Preprocessing.from_json(parse_json(words["preprocessing"]))
        _check_preprocessing(preprocessing)
        described = read_description(words)
    except Exception as error:
        reason = " ".join(str(error).split())
        raise TagonautError(f"{file}: damaged, or not written by Tagonaut ({reason})") from None
    tensors = read_tensors(file)
    try:
        model = described.load(tensors, preprocessing)
    except TagonautError as error:
        raise TagonautError(f"{file}: {error}") from None
    to_device(model.eval())
    # As they stand in the file: a later version may write the same in other words.
    return (
        model,
        preprocessing,
        [
            fingerprint(model),
            *(sorted(words.items()) if IDENTITY in words else ()),
        ],
    )


def _exported(run: Path) -> tuple[ExportedNetwork, Preprocessing, list[Any]]:
    """Read the same of an export."""
    stored = StoredExport.read(run)
    try:
        preprocessing = Preprocessing.from_json(stored.preprocessing)
        _check_preprocessing(preprocessing)
    except (KeyError, ValueError, TypeError) as error:
        raise TagonautError(f"{run / EXPORT_FILE}: damaged ({error})") from None
    network = ExportedNetwork.load(run, stored)
    more = sorted(stored.preprocessing.items()) if stored.identity > 1 else ()
    return network, preprocessing, [network.digest, *more]


def _check_preprocessing(found: Preprocessing) -> None:
    """Raises ``ValueError`` for a preprocessing that is none."""
    scales = (*found.mean, *found.std)
    if not 1 <= found.size <= LARGEST:
        raise ValueError(f"its pictures have {found.size} pixels per side")
    if not len(found.mean) == len(found.std) == len(found.channels):
        raise ValueError("it does not have one mean and one deviation per channel")
    if not all(isinstance(some, float | int) for some in scales) or min(found.std) <= 0:
        raise ValueError("its means or deviations are not usable numbers")


def _write_json(file: Path, values: Any) -> None:
    text = json.dumps(values, indent=1, ensure_ascii=False)
    file.write_text(text + "\n", encoding="utf-8")


def _read_json(file: Path) -> Any:
    try:
        return parse_json(read_bytes(file))
    except (OSError, ValueError) as error:
        raise TagonautError(f"{file}: cannot be read ({error})") from None
