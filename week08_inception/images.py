"""An image file made ready for a recogniser: JPEG bytes, or the reason why not."""

import io
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from week08_inception.kinds import kind, otherwise

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

SUFFIXES = {".jpg", ".jpeg", ".png", ".gif", ".bmp", ".webp"}
SIDE = 1024  # pixels that the longer side keeps
PIXELS = 25_000_000  # that are decoded at most
ORIENTATION = 0x0112  # the EXIF tag


class Answer(NamedTuple):
    """What a recogniser said to one file; `reason` says why it could not be asked."""

    file: Path
    jpeg: bytes
    top: list[tuple[str, float]]  # words and probability, most likely first
    reason: str = ""


def jpeg_bytes(file: str | Path) -> bytes:
    """Return the contents of an image file as those of an upright RGB or grey JPEG.

    A JPEG that is fine already is handed over as it is. Others are decoded, turned upright as
    their EXIF tag says, put on white where they are transparent, shrunk to `SIDE` and encoded again. A
    large JPEG is decoded at an eighth, a quarter or half of its size.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is empty, no image, broken off, or has too many pixels to decode.
    """
    file = Path(file)
    if not file.is_file():
        raise FileNotFoundError(f"{file.name}: there is no such file")
    if not file.stat().st_size:
        raise ValueError(f"{file.name}: the file is empty")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # we count ourselves
            with Image.open(file) as image:
                return _ready(file, image)
    except UnidentifiedImageError:
        what = otherwise(file, "an image")
        raise ValueError(f"{file.name}: not an image, whatever its name says{what}") from None
    except Image.DecompressionBombError:
        raise ValueError(f"{file.name}: too many pixels to decode") from None
    except (OSError, SyntaxError, EOFError):
        found = kind(file)
        if found and not found.endswith("picture"):
            raise ValueError(f"{file.name}: not an image; it is {found}") from None
        raise ValueError(f"{file.name}: the image is damaged or broken off") from None


def _ready(file: Path, image: Image.Image) -> bytes:
    """Return an opened image as JPEG bytes."""
    whole = image.width * image.height
    kept = image.mode in ("L", "RGB")
    if image.format == "JPEG" and max(image.size) > 2 * SIDE:
        image.draft(None, (SIDE, SIDE))
    if image.width * image.height > PIXELS:
        raise ValueError(
            f"{file.name}: {whole / 1e6:.0f} million pixels are too many to decode; "
            "make it smaller, or a JPEG"
        )
    turned = image.getexif().get(ORIENTATION, 1) != 1  # of a PNG this decodes all of it
    plain = image.format == "JPEG" and kept and not turned
    image.load()
    if plain and whole == image.width * image.height <= SIDE * SIDE:
        return file.read_bytes()
    image = ImageOps.exif_transpose(image)
    if image.mode.startswith("I") or image.mode == "F":
        image = _eight_bits(image)
    if "A" in image.getbands() or "transparency" in image.info:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    image = image.convert("L" if image.mode in ("1", "L") else "RGB")
    image.thumbnail((SIDE, SIDE))
    out = io.BytesIO()
    image.save(out, "JPEG", quality=95)
    return out.getvalue()


def _eight_bits(image: Image.Image) -> Image.Image:
    """Return an image of 16 or 32 bits a pixel as one of 8, stretched to the whole range."""
    values = np.asarray(image, np.float32)
    low, high = float(values.min()), float(values.max())
    return Image.fromarray(((values - low) * (255 / max(high - low, 1e-9))).astype(np.uint8))


def recognise_folder(
    folder: str | Path, top: Callable[[bytes], list[tuple[str, float]]]
) -> Iterator[Answer]:
    """Ask a recogniser about every image in a folder and its subfolders, in order of their names.

    A file that cannot be read gives an answer with a reason, and does not stop the others.

    Args:
        folder: where to look for files with an ending of `SUFFIXES`.
        top: gives the likeliest words and their probabilities for the contents of a JPEG.

    Raises:
        FileNotFoundError: there is no such folder, or no image in it.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise FileNotFoundError(f"there is no folder {folder.name!r}; make it and put images in")
    files = [f for f in sorted(folder.rglob("*")) if f.suffix.lower() in SUFFIXES and f.is_file()]
    if not files:
        raise FileNotFoundError(
            f"no images in the folder {folder.name!r}; it takes {', '.join(sorted(SUFFIXES))}"
        )
    for file in files:
        try:
            contents = jpeg_bytes(file)
            yield Answer(file, contents, top(contents))
        except (OSError, ValueError) as err:
            yield Answer(file, b"", [], str(err))
