"""Pictures drawn by code, so that the lesson has something to recognise and owes nobody a photo."""

import io
import math
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

SIDE = 448  # pixels


def _blank(colour: str) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    image = Image.new("RGB", (SIDE, SIDE), colour)
    return image, ImageDraw.Draw(image)


def _disc(draw: ImageDraw.ImageDraw, x: float, y: float, r: float, **how) -> None:
    draw.ellipse([x - r, y - r, x + r, y + r], **how)


def wall_clock() -> Image.Image:
    """Draw a round white face with twelve numerals, showing ten past ten."""
    image, draw = _blank("#c9b79c")
    centre = SIDE / 2
    _disc(draw, centre, centre, 190, fill="white", outline="black", width=16)
    for minute in range(60):
        angle = math.radians(6 * minute)
        inner = 160 if minute % 5 else 148
        ends = [centre + r * f(angle) for r in (inner, 168) for f in (math.sin, math.cos)]
        draw.line(ends, fill="black", width=2 if minute % 5 else 6)
    for hour in range(1, 13):
        angle = math.radians(30 * hour)
        at = centre + 122 * math.sin(angle), centre - 122 * math.cos(angle)
        draw.text(at, str(hour), fill="black", anchor="mm", font_size=38)
    for turn, length, width in [(10 / 12 + 1 / 72, 85, 12), (1 / 6, 130, 8)]:
        angle = 2 * math.pi * turn
        end = centre + length * math.sin(angle), centre - length * math.cos(angle)
        draw.line([centre, centre, *end], fill="black", width=width)
    _disc(draw, centre, centre, 12, fill="black")
    return image


def crossword() -> Image.Image:
    """Draw a grid of white and black squares with small numbers."""
    image, draw = _blank("white")
    rng, cells = np.random.default_rng(8), 13
    half = rng.random((cells, cells)) < 0.2
    black, step, number = half | half[::-1, ::-1], 32, 0
    edge = (SIDE - cells * step) / 2
    for row in range(cells):
        for column in range(cells):
            x, y = edge + column * step, edge + row * step
            fill = "black" if black[row, column] else "white"
            draw.rectangle([x, y, x + step, y + step], fill=fill, outline="black", width=2)
            starts = column == 0 or black[row, column - 1] or row == 0 or black[row - 1, column]
            if starts and not black[row, column]:
                number += 1
                draw.text((x + 4, y + 2), str(number), fill="black", font_size=11)
    return image


def traffic_light() -> Image.Image:
    """Draw a black box on a post with a red, a yellow and a green lamp, before the sky."""
    image, draw = _blank("#9cc4e4")
    draw.rectangle([212, 380, 236, SIDE], fill="#404040")
    draw.rounded_rectangle([144, 28, 304, 396], 28, fill="#1a1a1a", outline="black", width=6)
    for y, colour in [(92, "#ff2a1a"), (212, "#ffc400"), (332, "#19c84b")]:
        _disc(draw, 224, y, 50, fill=colour, outline="#444444", width=5)
    return image


def digital_clock() -> Image.Image:
    """Draw 12:48 in seven segments, red on black, in a grey case."""
    image, draw = _blank("#d8cfc0")
    draw.rounded_rectangle([24, 120, 424, 340], 24, fill="#3a3a3a")
    draw.rectangle([44, 144, 404, 316], fill="#100808")
    segments = {"1": "cf", "2": "acdeg", "4": "bcdf", "8": "abcdefg"}
    lines = {
        "a": (0, 0, 1, 0),
        "b": (0, 0, 0, 1),
        "c": (1, 0, 1, 1),
        "d": (0, 1, 1, 1),
        "e": (0, 1, 0, 2),
        "f": (1, 1, 1, 2),
        "g": (0, 2, 1, 2),
    }
    for digit, left in zip("1248", (58, 138, 248, 328), strict=True):
        for name in segments[digit]:
            x0, y0, x1, y1 = lines[name]
            box = [left + 50 * x0, 174 + 56 * y0, left + 50 * x1, 174 + 56 * y1]
            draw.line(box, fill="#ff3020", width=13)
    for y in (206, 254):
        _disc(draw, 220, y, 8, fill="#ff3020")
    return image


def honeycomb() -> Image.Image:
    """Draw rows of amber hexagons with dark edges."""
    image, draw = _blank("#6b3f08")
    rng, r = np.random.default_rng(8), 30
    wide, high = math.sqrt(3) * r, 1.5 * r
    for row in range(-1, int(SIDE / high) + 2):
        for column in range(-1, int(SIDE / wide) + 2):
            x, y = wide * (column + row % 2 / 2), high * row
            for size, dim in [(r - 3, 1.0), (r - 9, 0.72)]:
                shade = dim * rng.uniform(0.85, 1.0)
                fill = (int(240 * shade), int(170 * shade), int(40 * shade))
                turns = [math.radians(60 * k + 30) for k in range(6)]
                corners = [(x + size * math.cos(t), y + size * math.sin(t)) for t in turns]
                draw.polygon(corners, fill=fill)
    return image.filter(ImageFilter.GaussianBlur(1))


def chess_board() -> Image.Image:
    """Draw eight times eight squares in a wooden frame, without pieces."""
    image, draw = _blank("#5a3a1e")
    for row in range(8):
        for column in range(8):
            fill = "#f0d9b5" if (row + column) % 2 == 0 else "#8a5a36"
            x, y = 32 + 48 * column, 32 + 48 * row
            draw.rectangle([x, y, x + 47, y + 47], fill=fill)
    return image


def maze() -> Image.Image:
    """Draw a maze, carved by a walk that turns back where it is stuck."""
    image, draw = _blank("white")
    rng, cells = np.random.default_rng(8), 14
    carved = np.zeros((2 * cells + 1, 2 * cells + 1), bool)
    path = [(0, 0)]
    carved[1, 1] = carved[0, 1] = carved[-1, -2] = True
    while path:
        row, column = path[-1]
        for turn in rng.permutation(4):
            to = row + (0, 1, 0, -1)[turn], column + (1, 0, -1, 0)[turn]
            inside = min(to) >= 0 and max(to) < cells
            if inside and not carved[2 * to[0] + 1, 2 * to[1] + 1]:
                carved[row + to[0] + 1, column + to[1] + 1] = True
                carved[2 * to[0] + 1, 2 * to[1] + 1] = True
                path.append(to)
                break
        else:
            path.pop()
    step = SIDE / len(carved)
    for row, column in zip(*np.nonzero(~carved), strict=True):
        box = [column * step, row * step, (column + 1) * step, (row + 1) * step]
        draw.rectangle(box, fill="#202020")
    return image


DRAWINGS: dict[str, Callable[[], Image.Image]] = {
    "wall_clock": wall_clock,
    "crossword": crossword,
    "traffic_light": traffic_light,
    "digital_clock": digital_clock,
    "honeycomb": honeycomb,
    "chess_board": chess_board,
    "maze": maze,
}


def draw_all(folder: str | Path) -> list[Path]:
    """Draw every picture into a folder as a JPEG of 448 x 448 pixels; return the files."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    files = [folder / f"{name}.jpg" for name in DRAWINGS]
    for file, draw in zip(files, DRAWINGS.values(), strict=True):
        draw().save(file, quality=92)
    return files


def digit_file(image: np.ndarray, file: str | Path) -> Path:
    """Write a digit, uint8 [28, 28] white on black, as a JPEG of 280 x 280 pixels."""
    picture = Image.fromarray(image).resize((280, 280), Image.Resampling.BICUBIC)
    picture.save(file, quality=95)
    return Path(file)


def cut(file: str | Path, share: float, turn: float = 0) -> bytes:
    """Return the middle of a picture, turned, as the contents of a JPEG.

    Args:
        file: the picture.
        share: of its height and width that is kept, in (0, 1].
        turn: degrees, against the clock.
    """
    with Image.open(file) as image:
        middle = np.array(image.size) / 2
        box = np.concatenate([middle * (1 - share), middle * (1 + share)]).round()
        seen = image.rotate(turn, Image.Resampling.BICUBIC).crop(tuple(map(int, box)))
    out = io.BytesIO()
    seen.save(out, "JPEG", quality=92)
    return out.getvalue()


def troubles(picture: Image.Image, folder: str | Path) -> None:
    """Write a picture in forms that a careless reader stumbles over, and files that are no pictures.

    Args:
        picture: RGB, whatever it shows.
        folder: made if necessary.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    picture.save(folder / "plain.jpg", quality=92)
    picture.convert("L").save(folder / "grey.png")
    picture.convert("CMYK").save(folder / "cmyk.jpg", quality=92)
    picture.convert("P").save(folder / "palette.gif")
    clear = picture.convert("RGBA")
    clear.putalpha(Image.linear_gradient("L").resize(picture.size))
    clear.save(folder / "transparent.png")
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned clockwise by a quarter
    picture.rotate(90).save(folder / "turned.jpg", quality=92, exif=exif)
    picture.resize((6000, 6000), Image.Resampling.NEAREST).save(folder / "large.jpg", quality=50)
    whole = (folder / "plain.jpg").read_bytes()
    (folder / "broken_off.jpg").write_bytes(whole[: len(whole) // 2])
    (folder / "text.jpg").write_text("This is no picture.\n", encoding="utf-8")
    (folder / "empty.jpg").write_bytes(b"")
    (folder / "bomb.png").write_bytes(_claims(60_000, 60_000))


def _claims(width: int, height: int) -> bytes:
    """Return a PNG of some hundred bytes that claims a size and holds hardly a pixel."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        check = zlib.crc32(kind + data).to_bytes(4)
        return len(data).to_bytes(4) + kind + data + check

    header = width.to_bytes(4) + height.to_bytes(4) + bytes([8, 0, 0, 0, 0])
    parts = [(b"IHDR", header), (b"IDAT", zlib.compress(bytes(100))), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts)
