"""Prose that comes with Python itself, as characters, and what one counts about written text."""

import pydoc_data.topics
import re
from collections import Counter

import numpy as np

PLAIN = str.maketrans("\u2018\u2019\u201c\u201d", "''\"\"")


def prose() -> str:
    """Return the paragraphs of Python's help topics that are prose, each once, one a line.

    `help()` reads its topics from the module `pydoc_data.topics`, about 500 KB that every Python
    brings along. Many paragraphs stand in several topics: without leaving out what is repeated, half
    of what is held back could be known by heart. About 220,000 characters remain; the number differs
    a little between versions of Python.
    """
    topics, seen, kept = pydoc_data.topics.topics, set(), []
    for name in sorted(topics):
        for paragraph in re.split(r"\n\s*\n", topics[name]):
            words = " ".join(paragraph.translate(PLAIN).split())
            letters = sum(char.isalpha() or char == " " for char in words)
            if words not in seen and len(words) > 60 and letters > 0.9 * len(words):
                kept.append(words)
            seen.add(words)
    return "".join(char for char in "\n".join(kept) + "\n" if char.isascii())


def split(text: str, held: float = 0.1) -> tuple[str, str]:
    """Return the first part of a text, to learn from, and its end, which is held back."""
    cut = text.index("\n", int(len(text) * (1 - held))) + 1
    return text[:cut], text[cut:]


def characters(text: str) -> list[str]:
    """Return the different characters of a text in order."""
    return sorted(set(text))


def codes(text: str, chars: list[str]) -> np.ndarray:
    """Return a text as the places of its characters in `chars`, int32 [n]."""
    place = {char: code for code, char in enumerate(chars)}
    return np.array([place[char] for char in text], np.int32)


def windows(codes: np.ndarray, length: int) -> tuple[np.ndarray, np.ndarray]:
    """Cut a text into windows, and return each beside the same window one character later.

    Args:
        codes: the text as integers, shape [n].
        length: characters in each window, below n.

    Returns:
        Inputs and targets, [(n - 1) // length, length]; what is left at the end is dropped.

    Raises:
        ValueError: the text is too short.
    """
    if not 1 <= length < len(codes):
        raise ValueError(f"windows of {length} characters do not fit a text of {len(codes)}")
    count = (len(codes) - 1) // length
    return (
        codes[: count * length].reshape(count, length),
        codes[1 : count * length + 1].reshape(count, length),
    )


def counted(learned: str, asked: str, back: int, kinds: int) -> np.ndarray:
    """Return the probability of each character of a text, from counts in another one.

    A character is predicted from the `back` characters before it, with Witten and Bell's smoothing:
    if n characters followed a context, of d different kinds, then the counts weigh n / (n + d) and the
    prediction from the context without its first character d / (n + d). Below single characters stands
    1 / kinds.

    Args:
        learned: the text that is counted.
        asked: the text whose characters are predicted; the first ones from what stands before them.
        back: how many characters are looked back, 0 or more.
        kinds: how many different characters there are.
    """
    p = np.full(len(asked), 1 / kinds)
    for length in range(back + 1):
        seen = Counter(learned[t - length : t + 1] for t in range(length, len(learned)))
        followed, different = Counter(), Counter()
        for piece, count in seen.items():
            followed[piece[:-1]] += count
            different[piece[:-1]] += 1
        for t in range(length, len(asked)):
            piece = asked[t - length : t + 1]
            n, d = followed[piece[:-1]], different[piece[:-1]]
            if n:
                p[t] = (seen[piece] + d * p[t]) / (n + d)
    return p


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
