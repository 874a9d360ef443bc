"""Draws the README's picture: a run's report beside photos that carry their tags.

    .venv/bin/tagonaut demo && .venv/bin/python docs/pictures/draw.py tagonaut-demo

takes the folder that the demo leaves, and needs Chromium (``apt-get install chromium``).
"""

import argparse
import base64
import html
import json
import shutil
import subprocess
import tempfile
from pathlib import Path

from PIL import Image

HERE = Path(__file__).parent
MOST_BYTES = 300_000
WIDTH, HEIGHT = 1280, 800
REPORT_WIDTH, REPORT_HEIGHT = 1120, 1190
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")

PAGE = """<!doctype html><meta charset="utf-8"><style>
body {{ margin: 0; width: {width}px; height: {height}px; display: flex; gap: 28px; padding: 28px;
  box-sizing: border-box; background: #dfe6ea; color: #1b2a33;
  font: 15px/1.4 "DejaVu Sans", sans-serif }}
figure {{ margin: 0; background: white; border-radius: 8px; box-shadow: 0 2px 10px #0003;
  overflow: hidden }}
.report {{ flex: 1; min-width: 0 }}
.report img {{ width: 100%; display: block }}
.photos {{ width: 450px; display: grid; grid-template-columns: 1fr 1fr; gap: 16px }}
.photos img {{ width: 100%; height: 172px; object-fit: cover; display: block }}
figcaption {{ padding: 8px 12px; font-size: 13px }}
figcaption b {{ display: block; font-weight: 600 }}
figcaption span {{ display: inline-block; background: #e4eef3; border-radius: 4px;
  padding: 0 6px; margin: 3px 4px 0 0 }}
</style><figure class="report"><img src="{report}"></figure><div class="photos">{photos}</div>
"""
PHOTO = '<figure><img src="{source}"><figcaption><b>{name}</b>{tags}</figcaption></figure>'


def main() -> None:
    """Draw ``report.png`` beside this file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("demo", type=Path, help="the folder that tagonaut demo left")
    demo = parser.parse_args().demo
    with tempfile.TemporaryDirectory() as folder:
        report, page = Path(folder) / "report.png", Path(folder) / "page.html"
        shoot(demo / "run" / "report.html", report, REPORT_WIDTH, REPORT_HEIGHT)
        photos = "".join(show(photo, tags) for photo, tags in choose(demo / "tagged"))
        page.write_text(
            PAGE.format(width=WIDTH, height=HEIGHT, report=embed(report), photos=photos), "utf-8"
        )
        shoot(page, Path(folder) / "page.png", WIDTH, HEIGHT)
        out = HERE / "report.png"
        with Image.open(Path(folder) / "page.png") as drawn:
            drawn.convert("RGB").quantize(256).save(out, optimize=True)
    if out.stat().st_size > MOST_BYTES:
        raise SystemExit(f"{out} has {out.stat().st_size:,} bytes, more than {MOST_BYTES:,}")
    print(f"{out}: {out.stat().st_size:,} bytes")


def choose(tagged: Path) -> list[tuple[Path, list[str]]]:
    """The six photos with the most different sets of tags, as ExifTool reads these."""
    answer = subprocess.run(
        ["exiftool", "-json", "-Keywords", *sorted(tagged.glob("*.jpg"))],
        capture_output=True,
        check=True,
    )
    found: dict[tuple[str, ...], Path] = {}
    for photo in json.loads(answer.stdout):
        words = photo.get("Keywords", [])
        tags = tuple(words if isinstance(words, list) else [words])
        if 2 <= len(tags) <= 4:
            found.setdefault(tags, Path(photo["SourceFile"]))
    return [(photo, list(tags)) for tags, photo in list(found.items())[:6]]


def show(photo: Path, tags: list[str]) -> str:
    """One photo with its name and its tags, as HTML."""
    words = "".join(f"<span>{html.escape(tag)}</span>" for tag in tags)
    return PHOTO.format(source=embed(photo), name=html.escape(photo.name), tags=words)


def embed(picture: Path) -> str:
    """A picture as a data URL."""
    kind = "png" if picture.suffix == ".png" else "jpeg"
    return f"data:image/{kind};base64,{base64.b64encode(picture.read_bytes()).decode()}"


def shoot(page: Path, out: Path, width: int, height: int) -> None:
    """A screenshot of the first ``width`` x ``height`` pixels of a page."""
    browser = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if browser is None:
        raise SystemExit("Chromium is needed: apt-get install chromium")
    options = ["--headless", "--no-sandbox", "--hide-scrollbars", "--disable-gpu"]
    options += [f"--screenshot={out}", f"--window-size={width},{height}"]
    subprocess.run([browser, *options, page.resolve().as_uri()], check=True, capture_output=True)


if __name__ == "__main__":
    main()
