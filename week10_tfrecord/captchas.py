"""Captchas drawn by the `captcha` package, made repeatable: the same seed and number, the same image."""

import contextlib
import random
import threading
from collections.abc import Iterator, Sequence

import captcha.image
import numpy as np
from captcha.image import ImageCaptcha
from PIL import Image

WIDTH, HEIGHT = 160, 60
DIGITS = "0123456789"
_drawing = threading.Lock()


class _Seeded:
    """What the package takes from Python's `secrets`, from a generator with a seed instead."""

    def __init__(self, rng: random.Random) -> None:
        self.randbelow, self.randbits = rng.randrange, rng.getrandbits

    def choice(self, items: Sequence) -> object:
        return items[self.randbelow(len(items))]


class _Captcha(ImageCaptcha):
    """The package's captcha; only that a space between characters is not drawn, warped and pasted."""

    def _draw_character(self, c, draw, color):
        if c != " ":
            return super()._draw_character(c, draw, color)
        font = captcha.image.secrets.choice(self.truefonts)
        return Image.new("RGBA", tuple(int(side) for side in font.getbbox(c)[2:]))


@contextlib.contextmanager
def _seeded(rng: random.Random) -> Iterator[None]:
    """Let the package draw its random numbers from `rng` meanwhile."""
    with _drawing:
        kept = captcha.image.secrets
        captcha.image.secrets = _Seeded(rng)
        try:
            yield
        finally:
            captcha.image.secrets = kept


def draw(
    seed: int,
    number: int,
    *,
    length: int = 4,
    alphabet: str = DIGITS,
    size: tuple[int, int] = (WIDTH, HEIGHT),
) -> tuple[Image.Image, str]:
    """Draw one captcha in colour; it depends on the arguments only, not on what was drawn before.

    Args:
        seed: which series of captchas; series of different seeds are independent.
        number: which captcha of the series, from 0.
        length: how many characters, at least 1.
        alphabet: the characters to choose from, each as likely as any other.
        size: width and height in pixels.

    Returns:
        The image, RGB, and its text.

    Raises:
        ValueError: no character to draw, none to choose from, or no pixel to draw on.
    """
    if length < 1 or not alphabet:
        raise ValueError(f"a captcha needs a character: length {length}, alphabet {alphabet!r}")
    if min(size) < 1:
        raise ValueError(f"a captcha needs pixels: size {size[0]} x {size[1]}")
    rng = random.Random(f"captcha {seed} {number}")
    text = "".join(rng.choice(alphabet) for _ in range(length))
    with _seeded(rng):
        return _drawer(size).generate_image(text), text


_drawers: dict[tuple[int, int], _Captcha] = {}


def _drawer(size: tuple[int, int]) -> _Captcha:
    """Return the drawer of a size; it holds the font, which takes longer to load than to use."""
    if size not in _drawers:
        _drawers[size] = _Captcha(*size)
    return _drawers[size]


def grey(image: Image.Image) -> np.ndarray:
    """Return an image as uint8 [height, width], 0 black and 255 white."""
    return np.asarray(image.convert("L"))


def labels(text: str, alphabet: str = DIGITS) -> list[int]:
    """Return where each character of a text stands in the alphabet, from 0.

    Raises:
        ValueError: a character is not in the alphabet.
    """
    if strange := sorted(set(text) - set(alphabet)):
        raise ValueError(f"{strange[0]!r} in the text {text!r} is not in the alphabet {alphabet!r}")
    return [alphabet.index(character) for character in text]
