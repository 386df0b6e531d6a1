"""Two made-up tasks that cannot be done without a memory, of any length and difficulty."""

import numpy as np

LETTERS = "ABCD"


def marked_letters(
    count: int, steps: int, *, within: int, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return sequences of random letters of which one is marked, and which letter that was.

    All other letters only distract. The mark stands among the first `within` steps, so the letter
    has to be kept for at least `steps - within` steps.

    Args:
        count: how many sequences.
        steps: letters in each.
        within: the mark's latest place, counted from 1; at least 1, at most `steps`.
        seed: the same seed gives the same sequences.

    Returns:
        Inputs, float32 (count, steps, 5): the letter one-hot over "ABCD", then 1 where it is
        marked, else 0; and labels, int32 (count,), the marked letter's place in "ABCD".

    Raises:
        ValueError: `within` is not between 1 and `steps`.
    """
    if not 1 <= within <= steps:
        raise ValueError(f"within must be between 1 and the {steps} steps, not {within}")
    rng = np.random.default_rng(seed)
    letters = rng.integers(0, len(LETTERS), (count, steps))
    place = rng.integers(0, within, count)
    inputs = np.zeros((count, steps, len(LETTERS) + 1), np.float32)
    inputs[..., :-1] = np.eye(len(LETTERS))[letters]
    inputs[np.arange(count), place, -1] = 1
    return inputs, letters[np.arange(count), place].astype(np.int32)


def adding(count: int, steps: int, *, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return sequences of numbers of which two are marked, and the sum of those two.

    One mark stands in the first half, one in the second.

    Args:
        count: how many sequences.
        steps: numbers in each, at least 2.
        seed: the same seed gives the same sequences.

    Returns:
        Inputs, float32 (count, steps, 2): a number in [0, 1), and 1 where it is marked, else 0;
        and sums, float32 (count, 1), in [0, 2). Always answering 1 has a mean squared error
        of 1/6, the variance of the sum.

    Raises:
        ValueError: there are fewer than two steps.

    Source: the adding problem of S. Hochreiter and J. Schmidhuber, "Long short-term memory", 1997,
    in the simpler form of M. Arjovsky and others, 2016.
    """
    if steps < 2:
        raise ValueError(f"two marks need at least two steps, not {steps}")
    rng = np.random.default_rng(seed)
    inputs = np.zeros((count, steps, 2), np.float32)
    inputs[..., 0] = rng.random((count, steps), np.float32)
    rows, half = np.arange(count), steps // 2
    inputs[rows, rng.integers(0, half, count), 1] = 1
    inputs[rows, rng.integers(half, steps, count), 1] = 1
    return inputs, inputs.prod(axis=2).sum(axis=1, keepdims=True)
