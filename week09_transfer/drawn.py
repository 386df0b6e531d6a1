"""Flowers drawn by code: five kinds, no two alike, for when there are no photos."""

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

SIDE = 160  # pixels

Point = tuple[float, float]


def _petals(draw: ImageDraw.ImageDraw, at: Point, r: float, count: int, wide: float, **how) -> None:
    """Draw petals as pointed leaves around a centre."""
    turn = how.pop("turn")
    for k in range(count):
        a = turn + 2 * math.pi * k / count
        tip = at[0] + r * math.cos(a), at[1] + r * math.sin(a)
        sides = [
            (at[0] + 0.6 * r * math.cos(a + s * wide), at[1] + 0.6 * r * math.sin(a + s * wide))
            for s in (-1, 1)
        ]
        draw.polygon([at, sides[0], tip, sides[1]], **how)


def _disc(draw: ImageDraw.ImageDraw, at: Point, r: float, **how) -> None:
    draw.ellipse([at[0] - r, at[1] - r, at[0] + r, at[1] + r], **how)


def _daisy(draw, at: Point, r: float, turn: float, light: str, dark: str) -> None:
    _petals(draw, at, r, 13, 0.17, turn=turn, fill=light)
    _disc(draw, at, 0.25 * r, fill=dark)


def _sunflower(draw, at: Point, r: float, turn: float, light: str, dark: str) -> None:
    _petals(draw, at, r, 17, 0.25, turn=turn, fill=light)
    _disc(draw, at, 0.6 * r, fill=dark)


def _dandelion(draw, at: Point, r: float, turn: float, light: str, dark: str) -> None:
    for k in range(31):
        a = turn + 2 * math.pi * k / 31
        tip = at[0] + r * math.cos(a), at[1] + r * math.sin(a)
        draw.line([at, tip], fill=dark, width=1)
        _disc(draw, tip, 0.07 * r, fill=light)


def _rose(draw, at: Point, r: float, turn: float, light: str, dark: str) -> None:
    _disc(draw, at, r, fill=light)
    for k in range(5, 0, -1):
        box = [at[0] - r * k / 5.5, at[1] - r * k / 5.5, at[0] + r * k / 5.5, at[1] + r * k / 5.5]
        start = math.degrees(turn) + 70 * k
        draw.arc(box, start, start + 250, fill=dark, width=3)


def _tulip(draw, at: Point, r: float, turn: float, light: str, dark: str) -> None:
    x, y = at
    draw.line([x, y, x + 0.2 * r * math.cos(turn), y + 1.8 * r], fill=dark, width=4)
    draw.pieslice([x - 0.7 * r, y - 0.9 * r, x + 0.7 * r, y + 0.8 * r], 0, 180, fill=light)
    for k in (-0.7, 0.0, 0.7):
        left, right = x + (k - 0.35) * r, x + (k + 0.35) * r
        left, right = max(left, x - 0.7 * r), min(right, x + 0.7 * r)
        draw.polygon([(left, y), ((left + right) / 2, y - r), (right, y)], fill=light)


KINDS: dict[str, Callable[..., None]] = {
    "daisy": _daisy,
    "dandelion": _dandelion,
    "roses": _rose,
    "sunflowers": _sunflower,
    "tulips": _tulip,
}


def picture(kind: str, seed: int) -> Image.Image:
    """Draw one flower of a kind in `KINDS`; place, size, turn and all colours come from the seed."""
    rng = np.random.default_rng([sorted(KINDS).index(kind), seed])
    ground = rng.integers(40, 216, 3)
    noise = rng.normal(0, 12, [SIDE, SIDE, 3]) + ground
    image = Image.fromarray(np.clip(noise, 0, 255).astype(np.uint8))

    def colour(low: int, high: int) -> str:
        return "#" + "".join(f"{v:02x}" for v in rng.integers(low, high, 3))

    draw = ImageDraw.Draw(image)
    for _ in range(6):  # grass, in no class's favour
        x, y, dx, dy = rng.uniform(0, SIDE, 4)
        draw.line([x, y, x + (dx - SIDE / 2) / 2, y + (dy - SIDE / 2) / 2], fill=colour(0, 256))
    at = tuple(rng.uniform(0.38, 0.62, 2) * SIDE)
    r, turn = rng.uniform(0.2, 0.36) * SIDE, rng.uniform(0, 2 * math.pi)
    KINDS[kind](draw, at, r, turn, colour(150, 256), colour(0, 110))
    return image


def draw_folder(
    folder: str | Path, per_class: int = 80, kinds: list[str] | None = None, first: int = 0
) -> Path:
    """Draw a folder of flowers, one subfolder of JPEG files for each kind, and return it.

    Args:
        folder: where to; it is made if necessary.
        per_class: how many of each kind.
        kinds: of `KINDS`; by default all.
        first: number of the first; a flower with another number is another flower.
    """
    for kind in kinds or sorted(KINDS):
        target = Path(folder, kind)
        target.mkdir(parents=True, exist_ok=True)
        for number in range(first, first + per_class):
            picture(kind, number).save(target / f"{kind}_{number:03}.jpg", quality=90)
    return Path(folder)
