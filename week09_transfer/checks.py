"""The checks of week 9's exercises."""

from collections.abc import Callable

from week02_basics.exercises import answered, exercise, expect
from week06_cnn.models import small_cnn
from week09_transfer.bodies import norms
from week09_transfer.drawn import picture

import keras
import numpy as np


@exercise("Exercise 1: which GPUs")
def check_gpus(which: Callable) -> None:
    """Check a function (value, count) that returns the numbers of the GPUs that a program may see."""
    answer = which("1,0", 2)
    answered(answer)
    expect(list(answer) != [0, 1], "in the order of the variable: the program's first GPU is 1")
    expect(list(answer) == [1, 0], f'for "1,0" and 2 GPUs it gives {answer}')
    expect(
        list(which("0,7,1", 2)) != [0, 1],
        "behind the first number that is not there all are hidden",
    )
    expect(list(which("0,7,1", 2)) == [0], f'for "0,7,1" and 2 GPUs it gives {which("0,7,1", 2)}')
    for hidden in ("", "-1"):
        expect(
            list(which(hidden, 2)) == [], f'"{hidden}" hides all, and it gives {which(hidden, 2)}'
        )
    expect(list(which(None, 3)) == [0, 1, 2], "unset is not empty: all of them are seen")
    expect(list(which("2", 3)) == [2], f'for "2" and 3 GPUs it gives {which("2", 3)}')
    expect(list(which("0,-1,1", 2)) == [0], "-1 is no GPU either: it hides those behind it")


@exercise("Exercise 2: freeze")
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


@exercise("Exercise 3: shares")
def check_shares(shares: Callable) -> None:
    """Check a function (layers, frozen, first): zeros, then a geometric row from first to 1."""
    answer = shares(6, 2, 0.001)
    answered(answer)
    answer = np.asarray(answer, float)
    expect(answer.shape == (6,), f"the shape is {answer.shape}; one share for each layer")
    expect(not np.isclose(answer[0], 1), "the first layer has the full rate: turn the row round")
    expect(not answer[:2].any(), "the first two layers are to be frozen: share 0")
    expect(np.isclose(answer[-1], 1), "the last layer, the head, should have the full rate, 1")
    expect(
        np.isclose(answer[2], 0.001), "the first layer that is not frozen has the smallest share"
    )
    expect(
        not np.allclose(answer[2:], np.linspace(0.001, 1, 4)),
        "equal steps; each share should be the same multiple of the one before",
    )
    expect(
        np.allclose(answer[2:], [0.001, 0.01, 0.1, 1]), f"got {answer.round(4)} for (6, 2, 0.001)"
    )
    expect(np.allclose(shares(4, 0, 0.001), [0.001, 0.01, 0.1, 1]), "nothing frozen: (4, 0, 0.001)")
    expect(np.allclose(shares(3, 2, 0.01), [0, 0, 1]), "a single layer that learns gets share 1")


def _stopping(losses: list[float], patience: int) -> tuple[int, int]:
    """Return what exercise 4 asks for."""
    best = 0
    for epoch, loss in enumerate(losses):
        if loss < losses[best]:
            best = epoch
        if epoch - best >= patience:
            return best, epoch
    return best, len(losses) - 1


@exercise("Exercise 4: early stopping")
def check_stopping(stopping: Callable) -> None:
    """Check a function (losses, patience) that returns the epoch kept and the last one trained."""
    first = [3.0, 2.0, 2.5, 2.4, 2.3, 1.0]
    answer = stopping(first, 3)
    answered(answer)
    expect(len(answer) == 2, "two numbers are asked for: the epoch kept, and the last one trained")
    kept, last = map(int, answer)
    expect(kept != 5, "it never saw the loss of 1.0: the training had stopped before")
    expect(kept == 1, f"for {first} and patience 3 it keeps epoch {kept}, not the lowest so far, 1")
    expect(last != 1, "the second number is the epoch after which it stops, not the best one")
    expect(last == 4, f"for {first} and patience 3 it stops after epoch {last}, not after 4")
    falls = [5.0, 4.0, 3.0]
    expect(
        tuple(map(int, stopping(falls, 2))) == (2, 2), f"{falls}: it falls to the end, so (2, 2)"
    )
    again = [2.0, 3.0, 1.0, 3.0, 3.0, 0.5]
    expect(
        tuple(map(int, stopping(again, 2))) == (2, 4),
        f"{again}, patience 2: a new lowest loss starts the count anew",
    )
    equal = [1.0, 1.0, 1.0, 0.5]
    expect(
        tuple(map(int, stopping(equal, 2))) == (0, 2),
        f"{equal}: an equal loss is not below the lowest",
    )
    rng = np.random.default_rng(4)
    for _ in range(50):
        losses = [float(v) for v in rng.integers(0, 6, rng.integers(1, 12))]
        patience = int(rng.integers(1, 4))
        right = _stopping(losses, patience)
        found = tuple(map(int, stopping(losses, patience)))
        expect(
            found == right, f"for {losses} and patience {patience} it gives {found}, not {right}"
        )


@exercise("Exercise 5: name the fault")
def check_fault(fault: Callable) -> None:
    """Check a function (fitted, train, val) that names what is wrong with a fine-tuning."""
    answer = fault(1.0, 0.37, 0.3)
    answered(answer)
    expect(
        answer != "overfitting",
        "`fitted` and `train` are about the same pictures; overfitting cannot part them",
    )
    expect(
        answer != "underfitting",
        "`fit` shows 100%, so the weights do fit: compare `fitted` with `train` first",
    )
    expect(answer == "batch norm", f"for (1.0, 0.37, 0.3) it says {answer!r}")
    cases = {
        (0.98, 0.97, 0.95): "fine",
        (0.98, 0.97, 0.55): "overfitting",
        (0.45, 0.45, 0.43): "underfitting",
        (0.50, 0.22, 0.20): "batch norm",
        (0.97, 0.70, 0.20): "batch norm",
        (0.82, 1.00, 0.98): "fine",
        (0.30, 0.60, 0.28): "underfitting",
    }
    for numbers, right in cases.items():
        found = fault(*numbers)
        expect(found == right, f"for {numbers} it says {found!r}, not {right!r}")


@exercise("Exercise 6: refresh")
def check_refresh(refresh: Callable) -> None:
    """Check a function (model, x) that sets the statistics of a model's batch norms from x."""
    model = small_cnn(3, (12, 12), filters=(4, 6), padding="same", seed=6)
    mine, rng = norms(model), np.random.default_rng(6)
    for norm, momentum in zip(mine, (0.9, 0.97), strict=True):
        norm.momentum = momentum
    x = rng.integers(0, 256, [40, 12, 12, 1]).astype(np.float32)
    weights = [v.numpy() for v in model.trainable_variables]
    reference = keras.models.clone_model(model)
    reference.set_weights(model.get_weights())
    for norm in norms(reference):
        norm.momentum = 0.0
    reference(x, training=True)
    count = refresh(model, x)
    answered(count)
    same = zip(weights, model.trainable_variables, strict=True)
    expect(all(np.array_equal(a, b) for a, b in same), "a weight changed")
    old = norms(reference)[0].moving_mean.numpy(), mine[0].moving_mean.numpy()
    expect(old[1].any(), "the stored means are still 0: call the model with `training=True`")
    expect(
        not np.allclose(old[1], 0.1 * old[0], rtol=1e-3),
        "a tenth of the way: with momentum 0 one pass is enough",
    )
    expect(
        all(
            np.allclose(a, b, rtol=1e-3, atol=1e-5)
            for a, b in zip(model.get_weights(), reference.get_weights(), strict=True)
        ),
        "the statistics are not those of all of x in one pass with momentum 0",
    )
    found = [norm.momentum for norm in mine]
    expect(found == [0.9, 0.97], f"the momenta were 0.9 and 0.97, and are now {found}")
    expect(count == 2, f"there are 2 batch norms, not {count}")


@exercise("Exercise 7: a fair split")
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


KINDS = ("daisy", "roses", "tulips")


def little(first: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return drawn flowers of `KINDS`, uint8 [3 * count, 48, 48, 3], and their labels."""
    pixels = [
        np.asarray(picture(kind, first + k).resize((48, 48)))
        for k in range(count)
        for kind in KINDS
    ]
    return np.stack(pixels), np.tile(np.arange(3, dtype=np.int32), count)


@exercise("Exercise 8: your own way")
def check_way(my_way: Callable) -> None:
    """Check a function (x, y) that returns a function from new pictures to their labels."""
    x, y = little(0, 12)
    name = my_way(x, y)
    answered(name)
    expect(callable(name), "return a function that takes pictures and returns their labels")
    new, truth = little(1000, 20)
    found = name(new)
    answered(found)
    found = np.asarray(found)
    expect(found.shape != (60, 3), "three numbers for each picture; its label is asked for")
    expect(found.shape == (60,), f"60 labels are asked for, not the shape {found.shape}")
    right = float(np.mean(found == truth))
    expect(
        right >= 0.6,
        f"{right:.0%} of the new flowers are right; at least 60% are asked for, and guessing gets a third",
    )
