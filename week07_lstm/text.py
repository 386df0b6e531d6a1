"""A text that comes with Python itself, as characters, and what one counts about written text."""

import contextlib
import io
import re

import numpy as np


def zen() -> str:
    """Return the Zen of Python: 856 characters, 45 different ones, 21 lines.

    Python keeps it in the module `this`, with letters rotated by 13 places, and prints it when that
    module is imported for the first time; here it prints nothing.
    """
    with contextlib.redirect_stdout(io.StringIO()):
        import this
    return "".join(this.d.get(char, char) for char in this.s)


def windows(codes: np.ndarray, length: int) -> tuple[np.ndarray, np.ndarray]:
    """Return all stretches of a text, and for each the same stretch one character later.

    Args:
        codes: the text as integers, shape [n].
        length: characters in each stretch, below n.

    Returns:
        Inputs and targets, int32 [n - length, length].

    Raises:
        ValueError: the text is too short.
    """
    if not 1 <= length < len(codes):
        raise ValueError(f"windows of {length} characters do not fit a text of {len(codes)}")
    stretches = np.lib.stride_tricks.sliding_window_view(codes, length).astype(np.int32)
    return stretches[:-1], stretches[1:]


def words(text: str) -> list[str]:
    """Return the words of a text in lower case, without punctuation."""
    return re.findall(r"[a-z]+(?:'[a-z]+)?", text.lower())


def known_share(written: str, text: str) -> float:
    """Return which share of the written words, in [0, 1], occurs in a text.

    The last word is left out, for the pen may have stopped in it.

    Raises:
        ValueError: fewer than two words are written.
    """
    drawn, known = words(written)[:-1], set(words(text))
    if not drawn:
        raise ValueError("fewer than two words are written")
    return sum(word in known for word in drawn) / len(drawn)


def entropy(codes: np.ndarray) -> float:
    """Return the bits a character of a text has when only the characters' frequencies are known."""
    share = np.bincount(codes) / len(codes)
    share = share[share > 0]
    return float(-(share * np.log2(share)).sum())


def pair_entropy(codes: np.ndarray) -> float:
    """Return the bits a character of a text has when the one before it is known as well."""
    size = int(codes.max()) + 1
    pairs = np.zeros((size, size))
    np.add.at(pairs, (codes[:-1], codes[1:]), 1)
    seen = pairs[pairs > 0]
    given = (pairs / pairs.sum(axis=1, keepdims=True).clip(1))[pairs > 0]
    return float(-(seen * np.log2(given)).sum() / seen.sum())
