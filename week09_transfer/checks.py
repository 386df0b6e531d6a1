"""The checks of week 9's exercises."""

from collections.abc import Callable

from week02_basics.exercises import answered, exercise, expect
from week06_cnn.models import small_cnn

import numpy as np


@exercise("Exercise 1: freeze")
def check_freeze(freeze: Callable) -> None:
    """Check a function (model, count) that freezes the first count layers that have weights."""
    model = small_cnn(5, (12, 12), filters=(4, 6), padding="same")
    weighted = [layer for layer in model.layers if layer.weights]
    number = freeze(model, 2)
    answered(number)
    frozen = [not layer.trainable for layer in weighted]
    expect(any(frozen), "nothing is frozen: set `layer.trainable = False`")
    expect(not all(frozen), "everything is frozen, the head too")
    expect(
        frozen == [k < 2 for k in range(len(weighted))],
        "the wrong layers: count only those that have weights, from the first one on",
    )
    left = sum(int(np.prod(v.shape)) for v in model.trainable_variables)
    expect(
        number != model.count_params(),
        "all parameters; asked for are those in `model.trainable_variables`",
    )
    expect(number != len(model.trainable_variables), "variables counted, not the numbers in them")
    expect(number == left, f"returned {number}, but {left} parameters are left to train")


@exercise("Exercise 2: graded rates")
def check_shares(shares: Callable) -> None:
    """Check a function (layers, first) that returns a geometric row of shares from first to 1."""
    answer = shares(4, 0.001)
    answered(answer)
    answer = np.asarray(answer, float)
    expect(answer.shape == (4,), f"the shape is {answer.shape}; one share for each layer")
    expect(not np.isclose(answer[0], 1), "the first layer has the full rate: turn the row round")
    expect(np.isclose(answer[-1], 1), "the last layer, the head, should have the full rate, 1")
    expect(
        not np.allclose(answer, np.linspace(0.001, 1, 4)),
        "equal steps; each share should be the same multiple of the one before",
    )
    expect(np.allclose(answer, [0.001, 0.01, 0.1, 1]), f"got {answer.round(4)} for (4, 0.001)")
    expect(np.allclose(shares(1, 0.01), [1]), "with a single layer, that is the head: share 1")


@exercise("Exercise 3: a fair split")
def check_split(split: Callable) -> None:
    """Check a function (groups, share, seed) that returns (train, test) with no group in both."""
    groups = np.array([7, 7, 7, 1, 2, 2, 5, 9, 9, 4, 3, 3, 8, 6, 6, 0])
    answer = split(groups, 0.3, 0)
    answered(answer)
    expect(len(answer) == 2, "return two arrays of indices, (train, test)")
    train, test = (np.asarray(part) for part in answer)
    expect(train.dtype != bool and test.dtype != bool, "masks; indices are asked for")
    whole = np.sort(np.concatenate([train, test]))
    expect(len(test) > 0 and len(train) > 0, "one of the two is empty")
    expect(
        np.array_equal(whole, np.arange(len(groups))), "not every picture is in exactly one of them"
    )
    for seed in range(5):
        train, test = split(groups, 0.3, seed)
        both = set(groups[train]) & set(groups[test])
        expect(not both, "a group is in both: draw groups, not pictures")
    expect(
        len(set(groups[test])) == 3, "3 of the 10 groups should be in the test: `round(share * n)`"
    )
    expect(
        any(
            not np.array_equal(split(groups, 0.3, s)[1], split(groups, 0.3, 0)[1])
            for s in (1, 2, 3)
        ),
        "the same split for every seed",
    )
