"""A giant panda drawn by code, stroke by stroke, for the lesson's way through the network."""

import math
from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

SIDE = 448  # pixels
CENTRE = np.array([224.0, 165.0])  # of the face
ZOOM = 1.04
BLACK, WHITE, EYE, MOUTH = (28, 26, 26), (221, 216, 204), (60, 40, 28), (40, 35, 35)


def panda(seed: int = 8) -> Image.Image:
    """Draw a panda's face and shoulders before bamboo, RGB, `SIDE` x `SIDE` pixels."""
    rng = np.random.default_rng(seed)
    image = _bamboo(rng)
    draw = ImageDraw.Draw(image)
    for x, y, rx, ry, colour in [
        (224, 430, 190, 190, BLACK),
        (224, 520, 120, 110, WHITE),
        (80, 430, 62, 120, BLACK),
        (368, 430, 62, 120, BLACK),
        (112, 95, 49, 49, BLACK),  # ears
        (336, 95, 49, 49, BLACK),
        (224, 210, 154, 138, WHITE),  # head and cheeks
        (224, 255, 136, 105, WHITE),
    ]:
        _oval(draw, x, y, rx, ry, colour)
    for side in (-1, 1):
        _oval(draw, 224 + 69 * side, 200, 38.5, 53.5, BLACK, -0.66 * side)
        for size, colour in [(12.4, EYE), (7.4, (5, 5, 5))]:
            _oval(draw, 224 + 63 * side, 196, size, size, colour)
        _oval(draw, 227 + 63 * side, 192, 3.1, 3.1, (230, 230, 230))
    _oval(draw, 224, 278, 49, 44, (229, 224, 212))
    _oval(draw, 224, 256, 26, 17, (15, 15, 15))
    draw.line([_at(224, 268), _at(224, 298)], fill=MOUTH, width=4)
    for side in (-1, 1):
        turns = np.linspace(0, math.pi, 12)
        lip = [_at(224 + 17 * (side + math.cos(t)), 296 + 12 * math.sin(t)) for t in turns]
        draw.line(lip, fill=MOUTH, width=4)
    _fur(image, rng, strokes=40_000)
    return image.filter(ImageFilter.GaussianBlur(0.7))


def _at(x: float, y: float) -> tuple[float, float]:
    """Return where a point of the face lies in the picture."""
    return tuple(map(float, CENTRE + ZOOM * (np.array([x, y]) - (224, 210))))


def _oval(
    draw: ImageDraw.ImageDraw,
    x: float,
    y: float,
    rx: float,
    ry: float,
    fill: tuple,
    turn: float = 0,
) -> None:
    """Draw an ellipse around a point of the face, turned by an angle in radians."""
    cos, sin = math.cos(turn), math.sin(turn)
    ring = [(rx * math.cos(t), ry * math.sin(t)) for t in np.linspace(0, 2 * math.pi, 90)]
    draw.polygon([_at(x + a * cos - b * sin, y + a * sin + b * cos) for a, b in ring], fill=fill)


def _bamboo(rng: np.random.Generator) -> Image.Image:
    """Draw blurred green stems and leaves."""
    image = Image.new("RGB", (SIDE, SIDE), (70, 95, 55))
    draw = ImageDraw.Draw(image)
    for stem in range(16):
        left, wide, green = (
            30 * stem + rng.integers(-8, 8),
            rng.integers(8, 16),
            rng.integers(60, 150),
        )
        draw.rectangle([left, 0, left + wide, SIDE], fill=_green(0.7, green))
    for _ in range(150):
        (x, y), turn, length = rng.integers(0, SIDE, 2), rng.uniform(0, 6.3), rng.integers(25, 60)
        along, across = (
            np.array([math.cos(turn), math.sin(turn)]),
            6 * np.array([-math.sin(turn), math.cos(turn)]),
        )
        leaf = [(0, 0), length / 2 * along + across, length * along, length / 2 * along - across]
        draw.polygon(
            [tuple(np.add((x, y), p)) for p in leaf], fill=_green(0.65, rng.integers(60, 170))
        )
    return image.filter(ImageFilter.GaussianBlur(5))


def _green(red: float, green: int) -> tuple[int, int, int]:
    return int(red * green), int(green), int(0.35 * green)


def _fur(image: Image.Image, rng: np.random.Generator, strokes: int) -> None:
    """Draw short strokes outwards, each a little lighter or darker than what is under it."""
    under, draw = np.asarray(image).tolist(), ImageDraw.Draw(image)
    starts = rng.uniform(0, SIDE, (strokes, 2))
    bends, lengths = rng.normal(0, 0.4, strokes), rng.uniform(4, 16, strokes)
    for (x, y), bend, length, lighter in zip(
        starts, bends, lengths, rng.normal(0, 16.4, strokes), strict=True
    ):
        red, green, blue = under[int(y)][int(x)]
        if green - max(red, blue) > 4:  # bamboo has none
            continue
        turn = math.atan2(y - CENTRE[1] - 30, x - CENTRE[0]) + bend
        end = x + length * math.cos(turn), y + length * math.sin(turn)
        colour = tuple(int(min(255, max(0, v + lighter))) for v in (red, green, blue))
        draw.line([x, y, *end], fill=colour, width=1)


def variants(draw: Callable[[], Image.Image], count: int, seed: int = 8) -> list[Image.Image]:
    """Return a drawing as it looks turned a little, moved, closer or farther, darker and noisy.

    Args:
        draw: draws the picture.
        count: how many are wanted.
        seed: of what happens to them.
    """
    rng, image, found = np.random.default_rng(seed), draw(), []
    for _ in range(count):
        turn, side = rng.uniform(-8, 8), int(SIDE * rng.uniform(0.8, 1.0))
        left, top = rng.integers(0, SIDE - side + 1, 2)
        seen = image.rotate(turn, Image.Resampling.BICUBIC, fillcolor=image.getpixel((2, 2)))
        seen = seen.crop((left, top, left + side, top + side)).resize((SIDE, SIDE))
        pixels = np.asarray(seen, float) * rng.uniform(0.7, 1.1) + rng.normal(0, 8, (SIDE, SIDE, 1))
        found.append(Image.fromarray(pixels.clip(0, 255).astype(np.uint8)))
    return found
