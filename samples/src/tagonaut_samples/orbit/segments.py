"""A photo's metadata as bytes: EXIF, XMP and IPTC, in the segments of a JPEG file."""

import math
from fractions import Fraction
from hashlib import md5
from io import BytesIO
from xml.sax.saxutils import escape

from PIL import Image
from PIL.ExifTags import IFD, Base
from PIL.TiffImagePlugin import IFDRational

from tagonaut_samples.orbit.keywording import Words, Written
from tagonaut_samples.orbit.passes import Frame
from tagonaut_samples.orbit.photo import Photo

QUALITY = 88

MAKE, MODEL, SERIAL = "NIKON CORPORATION", "NIKON D5", "3001234"
LENSES = ((14, 24, 2.8), (24, 70, 2.8), (70, 200, 2.8), (200, 500, 5.6))
# Exposure in seconds, aperture and ISO, by the first label that the photo has.
EXPOSURES = (
    ("Aurora", (0.8, 2.8, 6400)),
    ("Night", (0.1, 2.8, 8000)),
    ("Stars", (2.0, 2.8, 6400)),
    ("Sunrise Sunset", (1 / 400, 8.0, 400)),
    ("Moon", (1 / 500, 8.0, 400)),
    ("Inside ISS", (1 / 60, 4.0, 1600)),
)
SUNLIT = (1 / 1000, 8.0, 200)

PACKET = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about=""
    xmlns:dc="http://purl.org/dc/elements/1.1/"
    xmlns:lr="http://ns.adobe.com/lightroom/1.0/"
    xmlns:xmp="http://ns.adobe.com/xap/1.0/"
    xmp:CreateDate="{taken}">
{fields}  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>
<?xpacket end="w"?>"""


def jpeg(photo: Photo, frame: Frame, written: Written) -> bytes:
    """The photo as a JPEG file with its metadata."""
    buffer = BytesIO()
    photo.image.save(buffer, "JPEG", quality=QUALITY)
    segments = _segment(0xE1, exif(photo, frame))
    segments += _segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + xmp(frame, written))
    if record := iptc(written):
        segments += _segment(0xED, b"Photoshop 3.0\0" + _resources(record))
    picture = buffer.getvalue()
    return picture[:2] + segments + picture[2:]


def exif(photo: Photo, frame: Frame) -> bytes:
    """The EXIF segment, as a camera writes it."""
    focal = 18 / math.tan(math.radians(photo.across) / 2)
    low, high, widest = next((lens for lens in LENSES if focal <= lens[1]), LENSES[-1])
    focal = min(max(round(focal), low), high)
    seconds, aperture, iso = next(
        (settings for label, settings in EXPOSURES if label in frame.labels), SUNLIT
    )
    time = frame.taken.strftime("%Y:%m:%d %H:%M:%S")
    block = Image.Exif()
    block[Base.Make], block[Base.Model] = MAKE, MODEL
    block[Base.Orientation] = frame.orientation
    block[Base.XResolution] = block[Base.YResolution] = 300.0
    block[Base.ResolutionUnit] = 2
    block[Base.YCbCrPositioning] = 1
    block[Base.DateTime] = time
    block.get_ifd(IFD.Exif).update(
        {
            Base.ExposureTime: _ratio(seconds),
            Base.FNumber: _ratio(max(aperture, widest)),
            Base.ExposureProgram: 1,
            Base.ISOSpeedRatings: iso,
            Base.ExifVersion: b"0230",
            Base.DateTimeOriginal: time,
            Base.DateTimeDigitized: time,
            Base.ComponentsConfiguration: b"\1\2\3\0",
            Base.FocalLength: _ratio(focal),
            Base.FocalLengthIn35mmFilm: focal,
            Base.FlashPixVersion: b"0100",
            Base.ColorSpace: 1,
            Base.ExifImageWidth: photo.image.width,
            Base.ExifImageHeight: photo.image.height,
            Base.BodySerialNumber: SERIAL,
            Base.LensModel: f"{low}.0-{high}.0 mm f/{widest}",
        }
    )
    # Pillow does not know this one tag's type, undefined (7), and writes four numbers (1).
    return block.tobytes().replace(b"\x91\x01\0\1\0\0\0\4", b"\x91\x01\0\7\0\0\0\4")


def _ratio(number: float) -> IFDRational:
    # Pillow writes a plain float as a double, which EXIF does not have.
    return IFDRational(Fraction(number).limit_denominator(10_000))


def xmp(frame: Frame, written: Written) -> bytes:
    """An XMP packet in UTF-8."""
    fields = _bag("dc:subject", written.subject)
    fields += _bag("lr:hierarchicalSubject", written.hierarchical or None)
    fields += _text("dc:title", written.title) + _text("dc:description", written.caption)
    return PACKET.format(taken=frame.taken.isoformat(), fields=fields).encode()


def _bag(name: str, words: Words | None) -> str:
    if words is None:
        return ""
    items = "".join(f"<rdf:li>{escape(word)}</rdf:li>" for word in words)
    return f"   <{name}><rdf:Bag>{items}</rdf:Bag></{name}>\n"


def _text(name: str, text: str | None) -> str:
    if text is None:
        return ""
    item = f'<rdf:li xml:lang="x-default">{escape(text)}</rdf:li>'
    return f"   <{name}><rdf:Alt>{item}</rdf:Alt></{name}>\n"


def iptc(written: Written) -> bytes:
    """An IPTC record in UTF-8; nothing where nothing is to be said."""
    sets = [(25, word) for word in written.iptc or ()]
    if written.title is not None:
        sets.append((5, written.title))
    if written.caption is not None:
        sets.append((120, written.caption))
    if not sets:
        return b""
    record = _dataset(1, 90, b"\x1b%G") + _dataset(2, 0, b"\0\4")
    return record + b"".join(
        _dataset(2, number, text.encode())
        for number, text in sorted(sets, key=lambda each: each[0])
    )


def _dataset(record: int, number: int, value: bytes) -> bytes:
    return bytes([0x1C, record, number]) + len(value).to_bytes(2, "big") + value


def _resources(record: bytes) -> bytes:
    """Photoshop's blocks: the IPTC record, and the digest that tells that XMP agrees with it."""
    return _resource(0x0404, record) + _resource(0x0425, md5(record).digest())


def _resource(number: int, value: bytes) -> bytes:
    head = b"8BIM" + number.to_bytes(2, "big") + b"\0\0" + len(value).to_bytes(4, "big")
    return head + value + b"\0" * (len(value) % 2)


def _segment(marker: int, content: bytes) -> bytes:
    return bytes([0xFF, marker]) + (len(content) + 2).to_bytes(2, "big") + content
