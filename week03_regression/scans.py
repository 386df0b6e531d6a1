"""The handwriting that ships with scikit-learn, in MNIST's shapes: what lessons fall back to."""

import numpy as np

SEED = 3


def as_mnist() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return training images and labels, then test images and labels; all uint8, as MNIST's.

    scikit-learn ships 1,797 scans of 8x8 pixels. Every seventh of each class is kept for testing.
    A scan is drawn at 20x20 with its centre of mass in the middle of 28x28, as in MNIST, and
    repeated, moved by at most one pixel and with a thinner or thicker stroke, to 60,000 and 10,000
    images. Classes are equally frequent, and shuffled. Every call returns the same.
    """
    # imported here: a second that MNIST does not cost
    from sklearn.datasets import load_digits

    scans = load_digits()
    labels = scans.target.astype(np.uint8)
    moved = _moved(_enlarged(scans.images.astype(np.int64)))
    rng = np.random.default_rng(SEED)
    train, test = _split(labels, rng)
    return (
        *_repeated(moved, labels, train, 60_000, rng),
        *_repeated(moved, labels, test, 10_000, rng),
    )


def _enlarged(scans: np.ndarray) -> np.ndarray:
    """Enlarge scans (n, 8, 8) in 0..16 to (n, 20, 20) in about 0..256; both int64.

    Cubic interpolation (Keys 1981, a = -1/2) in integers: to the last bit the same everywhere.
    """
    t = np.abs(4 * np.arange(20)[:, None] - 3 - 10 * np.arange(8))  # distance in 1/10 pixel
    near, far = 3 * t**3 - 50 * t**2 + 2000, -(t**3) + 50 * t**2 - 800 * t + 4000
    weights = np.where(t < 10, near, np.where(t < 20, far, 0))  # in 1/2000
    return weights @ scans @ weights.T * 16 // 2000**2


def _moved(ink: np.ndarray) -> np.ndarray:
    """Centre (n, 20, 20) by mass in 28×28 and move by -1, 0, 1 both ways: int16 (n, 9, 28, 28)."""
    mass = ink.clip(0)
    total = mass.sum((1, 2))
    middles = 2 * np.arange(20) + 1  # of the pixels, in half pixels
    top, left = (14 - (mass.sum(axis) @ middles + total) // (2 * total) for axis in (2, 1))
    canvas = np.zeros((len(ink), 30, 30), np.int16)
    for page, scan, i, j in zip(canvas, ink, top.clip(1, 7), left.clip(1, 7), strict=True):
        page[i + 1 : i + 21, j + 1 : j + 21] = scan
    return np.stack([canvas[:, i : i + 28, j : j + 28] for i in range(3) for j in range(3)], axis=1)


def _split(labels: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return the indices of the scans for training and for testing, a seventh of each class."""
    classes = [rng.permutation(np.flatnonzero(labels == digit)) for digit in range(10)]
    train = np.concatenate([scans[len(scans) // 7 :] for scans in classes])
    test = np.concatenate([scans[: len(scans) // 7] for scans in classes])
    return train, test


def _repeated(
    moved: np.ndarray,
    labels: np.ndarray,
    scans: np.ndarray,
    count: int,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    """Draw `count` images from these scans, a tenth of each class, with their labels; uint8."""
    chosen = np.concatenate(
        [np.resize(scans[labels[scans] == digit], count // 10) for digit in range(10)]
    )
    chosen = rng.permutation(chosen)
    image = moved[chosen, rng.integers(0, 9, count)]
    image -= rng.integers(40, 88, (count, 1, 1)).astype(np.int16)  # where the stroke's edge lies
    image *= 2
    return image.clip(0, 255, out=image).astype(np.uint8), labels[chosen]
