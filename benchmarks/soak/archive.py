"""An archive that is tagged in one of four forms, its state before, and the faults found in it."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

from tagonaut.errors import TagonautError
from tagonaut.metadata.exiftool import ExifTool
from tagonaut.metadata.fields import Keywords
from tagonaut.metadata.keywords import read_many
from tagonaut.metadata.unchanged import check_pixels
from tagonaut.pixels.decode import is_picture
from tagonaut.tagging.options import TagOptions, UntagOptions
from tagonaut.tagging.summary import Summary
from tagonaut.tagging.tag import tag_folder
from tagonaut.tagging.untag import untag_folder
from tests.tagging.faults.archive import agrees
from tests.tagging.scorer import ByColour

Form = Literal["in-place", "to", "sidecar", "sidecar-dir"]
FORMS: tuple[Form, ...] = ("in-place", "to", "sidecar", "sidecar-dir")
SIDECARS = {"sidecar", "sidecar-dir"}
# Other formats have no place for IPTC.
WITH_IPTC = {".jpg", ".jpeg", ".tif", ".tiff"}
FAULTS = (
    *("photos lost", "photos torn", "photos tagged twice", "photos left behind"),
    *("journal wrong", "runs that failed"),
)


@dataclass
class Soaked:
    """An archive below ``place``: photos, perhaps their copies, and the journal.

    ``before`` are the photos' bytes, ``fields`` their keywords and ``tags`` those that they shall
    get, by name. ``options`` are further options of the tagging runs. Every fault is counted, and
    reported with ``tell``.
    """

    place: Path
    form: Form
    tell: Callable[[str], None]
    options: Mapping[str, Any] = field(default_factory=dict)
    before: dict[str, bytes] = field(default_factory=dict)
    fields: dict[str, Keywords] = field(default_factory=dict)
    tags: dict[str, set[str]] = field(default_factory=dict)
    known: dict[tuple[str, str], bool] = field(default_factory=dict)
    faults: Counter[str] = field(default_factory=Counter)

    @property
    def photos(self) -> Path:
        return self.place / "photos"

    @property
    def root(self) -> Path:
        """The folder of the files that get the tags."""
        return self.place / "out" if self.form in {"to", "sidecar-dir"} else self.photos

    @property
    def journal(self) -> Path:
        return self.place / "journal.sqlite"

    @property
    def temporary(self) -> Path:
        """The system's temporary folder, as the killed runs see it."""
        return self.place / "tmp"

    def work(self, mode: str) -> Summary:
        """One run, as the process does it that is killed."""
        if mode == "untag":
            return untag_folder(self.root, UntagOptions(journal=self.journal))
        folder = self.form in {"to", "sidecar-dir"}
        form = {self.form.replace("-", "_"): self.root if folder else True}
        options = TagOptions(journal=self.journal, **form, **self.options)
        return tag_folder(ByColour(), self.photos, options)

    def look(self, tool: ExifTool) -> None:
        """Keep what the photos are, say, and shall get."""
        tagger = ByColour()
        paths = sorted(path for path in self.photos.rglob("*") if is_picture(path))
        for path, found in read_many(tool, paths):
            assert isinstance(found, Keywords), found
            name = str(path.relative_to(self.photos))
            self.before[name], self.fields[name] = path.read_bytes(), found
            (decided,) = tagger.decide(tagger.score_pixels([tagger.prepare(path)]))
            names = zip(tagger.labels.names, decided, strict=True)
            self.tags[name] = {tag for tag, chosen in names if chosen}

    def check(self, tool: ExifTool) -> int:
        """How many photos have tags of ours; whatever is wrong with one is counted."""
        changed, news = [], []
        for name, path, now in self._files():
            if self.form == "in-place" and not now:
                self.count("photos lost", name)
            elif now != self._untouched(name):
                changed.append((name, sha256(now).hexdigest()))
                if changed[-1] not in self.known:
                    news.append((name, path, now))
        found = read_many(tool, [path for _, path, _ in news])
        for (name, path, now), (_, fields) in zip(news, found, strict=True):
            self.known[name, sha256(now).hexdigest()] = not self._undone(name, fields)
            self._check_file(name, path, fields)
        if self.form != "in-place":
            self._check_originals()
        if self.journal.exists():
            untouched = {
                str(p.relative_to(self.root)): self._untouched(n) for n, p, _ in self._files()
            }
            try:
                agrees(self.journal, self.root, untouched)
            except AssertionError as error:
                self.count("journal wrong", str(error))
        return sum(self.known[one] for one in changed)

    def complete(self, mode: str) -> None:
        """After a run that ended well no photo is left behind."""
        for name, _, now in self._files():
            tagged = now != self._untouched(name) and self.known[name, sha256(now).hexdigest()]
            if tagged != (mode == "tag"):
                self.count("photos left behind", f"{name} by {mode}")

    def count(self, fault: str, told: str) -> None:
        """One more fault."""
        self.faults[fault] += 1
        self.tell(f"  WRONG: {self.form}: {fault}: {told}")

    def _files(self) -> Iterator[tuple[str, Path, bytes]]:
        """Each photo, the file that its tags are in, and its content; empty: it is not there."""
        for name in self.before:
            path = self.root / (f"{name}.xmp" if self.form in SIDECARS else name)
            yield name, path, path.read_bytes() if path.exists() else b""

    def _untouched(self, name: str) -> bytes:
        return self.before[name] if self.form == "in-place" else b""

    def _check_originals(self) -> None:
        """Where copies or sidecars are written, the photos themselves stay as they are."""
        for name, content in self.before.items():
            path = self.photos / name
            if not path.exists():
                self.count("photos lost", name)
            elif path.read_bytes() != content:
                self.count("photos torn", f"{name}: the photo itself was written to")

    def _check_file(self, name: str, path: Path, found: Keywords | TagonautError) -> None:
        if self.form not in SIDECARS:
            original = self.place / "original"
            original.write_bytes(self.before[name])
            try:
                check_pixels(original, path)
            except TagonautError as error:
                return self.count("photos torn", f"{name}: {error}")
        if isinstance(found, TagonautError):
            return self.count("photos torn", f"{name}: {found}")
        if not self._undone(name, found):
            self._check_words(name, found)
        return None

    def _check_words(self, name: str, found: Keywords) -> None:
        """All that the photo had, in its order, and each tag once."""
        old = self.fields[name]
        both = Counter(old.iptc or ()) | Counter(old.subject or ())
        pairs = [(found.subject, old.subject)]
        if Path(name).suffix in WITH_IPTC:
            pairs.append((found.iptc, old.iptc))
        if self.form in SIDECARS:
            # What the photo itself says is in its sidecar once.
            both, pairs = (
                Counter(both.keys()),
                [(found.subject, tuple(dict.fromkeys(old.subject or ())))],
            )
        wanted = both | Counter(self.tags[name])
        for now, was in pairs:
            words = Counter(now or ())
            if words - wanted:
                self.count("photos tagged twice", f"{name}: {dict(words - wanted)} too many")
            if wanted - words or tuple(now or ())[: len(was or ())] != tuple(was or ()):
                self.count("photos torn", f"{name}: {now} from {was}")

    def _undone(self, name: str, found: Keywords | TagonautError) -> bool:
        old = Keywords() if self.form in SIDECARS else self.fields[name]
        return isinstance(found, Keywords) and (found.iptc, found.subject) == (
            old.iptc,
            old.subject,
        )
