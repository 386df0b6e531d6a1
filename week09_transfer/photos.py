"""A folder with one subfolder a class, read into pixels and labels, or every reason why not."""

import hashlib
import io
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from week08_inception.images import SUFFIXES, jpeg_bytes

import numpy as np
from PIL import Image

THUMB = 32  # pixels; two photos are the same if they agree at this size
SAME = 10.0  # grey levels of 256 by which they may differ, root mean square
ALIKE = 0.175  # and the share of the picture's own contrast, its standard deviation
HEIF = {".heic", ".heif"}  # what phones write; Pillow reads it with the package pillow-heif

Progress = Callable[[int, int], None]


class Photos(NamedTuple):
    """Pictures with labels. `files[i]`, `pixels[i]` and `labels[i]` belong together."""

    files: list[Path]
    pixels: np.ndarray  # uint8 [n, side, side, 3]
    labels: np.ndarray  # int32 [n], index into classes
    classes: list[str]  # the folders' names, sorted
    notes: tuple[str, ...] = ()  # what was left out, and why

    def only(self, chosen: Sequence[int]) -> "Photos":
        """Return the pictures with these indices."""
        return self._replace(
            files=[self.files[i] for i in chosen],
            pixels=self.pixels[chosen],
            labels=self.labels[chosen],
        )


def endings() -> set[str]:
    """Return the endings of the files that can be read here, small letters, with their dot."""
    try:
        import pillow_heif  # a package that the course does not need, and uses if it is there
    except ImportError:
        return set(SUFFIXES)
    pillow_heif.register_heif_opener()
    return SUFFIXES | HEIF


def square(file: str | Path, side: int) -> np.ndarray:
    """Return the middle square of an image file of any kind as uint8 [side, side, 3].

    Raises:
        FileNotFoundError, ValueError: as `week08_inception.images.jpeg_bytes`; named is the file.
    """
    with Image.open(io.BytesIO(jpeg_bytes(file))) as image:
        edge = min(image.size)
        left, top = (image.width - edge) // 2, (image.height - edge) // 2
        box = (left, top, left + edge, top + edge)
        image = image.convert("RGB").resize((side, side), Image.Resampling.BOX, box=box)
        return np.asarray(image)


def read_folder(
    folder: str | Path,
    side: int = 224,
    *,
    most: int | None = None,
    skip: bool = False,
    keep_copies: bool = False,
    progress: Progress | None = None,
) -> Photos:
    """Read all pictures below a folder; each subfolder is a class, named like it.

    Hidden files and folders are passed over; what else has no image's ending, and links that lead
    nowhere, are counted by ending in `notes`. A photo that comes twice in one class is read once, and
    `notes` says so.

    Args:
        folder: for instance with the subfolders `cats` and `dogs`.
        side: pixels of the squares that come out.
        most: read at most so many pictures of a class, the first by name.
        skip: leave out files that cannot be read, with a note, in place of refusing the folder.
        keep_copies: take photos that look the same for different ones.
        progress: called with the number of pictures read, and of all.

    Raises:
        FileNotFoundError: there is no such folder.
        ValueError: it has no or one class only, a class is empty, a file cannot be read, or two
            classes hold the same photo. The message names all of them, up to six.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise FileNotFoundError(f"there is no folder {folder.name!r}")
    readable = endings()
    inside: dict[str, list[Path]] = {}
    other: Counter[str] = Counter()
    for sub in sorted(folder.iterdir()):
        if not sub.is_dir() or sub.name.startswith((".", "__")):
            continue
        inside[sub.name] = []
        for file in sorted(sub.rglob("*")):
            if file.is_dir() or any(part.startswith(".") for part in file.relative_to(sub).parts):
                continue
            if not file.is_file():
                other["broken link"] += 1
            elif file.suffix.lower() in readable:
                inside[sub.name].append(file)
            else:
                other[file.suffix.lower() or "without an ending"] += 1
    passed = _counted(other)
    if len(inside) < 2:
        found = f"only the folder {next(iter(inside))!r}" if inside else "no folder"
        raise ValueError(
            f"{folder.name!r} holds {found}; at least two classes are needed, a subfolder for each"
        )
    faults = [f"class {name!r} is empty" for name, files in inside.items() if not files]
    if faults:
        takes = f"it takes {', '.join(sorted(readable))}"
        raise ValueError("; ".join([f"{folder.name}: {_list(faults)}", takes, *passed]))
    todo = [(file, k) for k, files in enumerate(inside.values()) for file in files[:most]]
    files, pixels, labels = [], [], []
    for done, (file, label) in enumerate(todo, 1):
        try:
            pixels.append(square(file, side))
            files.append(file)
            labels.append(label)
        except (OSError, ValueError) as err:
            faults.append(f"{file.parent.name}/{err}")
        if progress:
            progress(done, len(todo))
    if faults and not skip:
        raise ValueError(f"cannot be read: {_list(faults)}")
    notes = (*passed, *(f"left out: {fault}" for fault in faults))
    photos = Photos(files, np.array(pixels), np.array(labels, np.int32), list(inside), notes)
    gone = [name for k, name in enumerate(photos.classes) if k not in photos.labels]
    if gone:
        raise ValueError(f"no file of class {', '.join(map(repr, gone))} can be read")
    return photos if keep_copies else _without_copies(photos)


def twins(pixels: np.ndarray, others: np.ndarray | None = None) -> list[tuple[int, int]]:
    """Return pairs of indices whose pictures are the same, re-saved or resized copies included.

    The same are equal pixels, and grey thumbnails that differ by little, both in grey levels and as
    a share of their contrast. Noise has little contrast once it is small, and of two line drawings
    the lines lie elsewhere: both need equal pixels. Cropped or turned copies are not found.

    Args:
        pixels: uint8 [n, side, side, 3].
        others: a second set to compare with; by default the set itself, each pair once, i < j.

    Returns:
        Pairs (index in pixels, index in others), sorted.
    """
    small, bytes_of = _thumbs(pixels), _digests(pixels)
    against, others_bytes = (
        (small, bytes_of) if others is None else (_thumbs(others), _digests(others))
    )
    found = []
    for i, one in enumerate(small):
        gaps = np.sqrt(np.mean((against - one) ** 2, axis=1))
        near = (gaps < SAME) & (gaps < ALIKE * one.std())
        same = near | np.array([digest == bytes_of[i] for digest in others_bytes])
        start = i + 1 if others is None else 0
        found += [(i, int(j) + start) for j in np.nonzero(same[start:])[0]]
    return found


def split(labels: np.ndarray, share: float = 0.25, seed: int = 9) -> tuple[np.ndarray, np.ndarray]:
    """Return indices to train and to test with, each class divided alike.

    Args:
        labels: int [n].
        share: of each class that is kept for the test, in (0, 1); at least one picture.
        seed: of the choice.

    Raises:
        ValueError: the share is outside its range, or a class has fewer than two pictures.
    """
    if not 0 < share < 1:
        raise ValueError(f"the share to test with lies between 0 and 1, not at {share}")
    rng, train, test = np.random.default_rng(seed), [], []
    for label in np.unique(labels):
        mine = rng.permutation(np.nonzero(labels == label)[0])
        if len(mine) < 2:
            raise ValueError(f"class {label} has {len(mine)} picture; training and test need two")
        count = min(max(1, round(share * len(mine))), len(mine) - 1)
        test.append(mine[:count])
        train.append(mine[count:])
    return np.sort(np.concatenate(train)), np.sort(np.concatenate(test))


def apart(train: Photos, test: Photos, *, keep_copies: bool = False) -> None:
    """Refuse a test set that has other classes, or that holds a photo of the training set.

    Args:
        train, test: what to compare.
        keep_copies: take photos that look the same for different ones.

    Raises:
        ValueError: the message names the classes, or the files of up to six pairs.
    """
    if train.classes != test.classes:
        odd = sorted(set(train.classes) ^ set(test.classes))
        raise ValueError(f"only in one of the two folders: {', '.join(map(repr, odd))}")
    pairs = [] if keep_copies else twins(train.pixels, test.pixels)
    if pairs:
        names = [f"{_name(train, i)} is also {_name(test, j)}" for i, j in pairs]
        raise ValueError(f"photos to train with are in the test as well: {_list(names)}")


def _without_copies(photos: Photos) -> Photos:
    """Leave out what is there already; refuse a photo that two classes claim."""
    pairs = twins(photos.pixels)
    torn = [
        f"{_name(photos, i)} is also {_name(photos, j)}"
        for i, j in pairs
        if photos.labels[i] != photos.labels[j]
    ]
    if torn:
        raise ValueError(f"the same photo in two classes: {_list(torn)}")
    first: dict[int, int] = {}
    for i, j in pairs:
        first.setdefault(j, i)
    notes = [
        f"same photo, read once: {_name(photos, i)}, {_name(photos, j)}" for j, i in first.items()
    ]
    kept = [i for i in range(len(photos.files)) if i not in first]
    return photos.only(kept)._replace(notes=photos.notes + tuple(notes))


def _thumbs(pixels: np.ndarray) -> np.ndarray:
    """Return grey thumbnails, float32 [n, THUMB * THUMB]."""
    sized = [
        np.asarray(
            Image.fromarray(p).convert("L").resize((THUMB, THUMB), Image.Resampling.BOX), np.float32
        )
        for p in pixels
    ]
    return np.array(sized, np.float32).reshape(len(pixels), -1)


def _digests(pixels: np.ndarray) -> list[bytes]:
    """Return a digest of each picture."""
    return [hashlib.sha256(np.ascontiguousarray(p).data).digest() for p in pixels]


def _counted(other: Counter[str]) -> tuple[str, ...]:
    """Say how many files were not read, by ending."""
    if not other:
        return ()
    told = ", ".join(f"{count} {ending}" for ending, count in sorted(other.items()))
    hint = " (pip install pillow-heif to read .heic)" if set(other) & HEIF else ""
    return (f"not read: {told}{hint}",)


def _name(photos: Photos, i: int) -> str:
    """Name a file with its class."""
    return f"{photos.classes[photos.labels[i]]}/{photos.files[i].name}"


def _list(faults: Sequence[str]) -> str:
    """Join up to six faults."""
    more = f" (and {len(faults) - 6} more)" if len(faults) > 6 else ""
    return "; ".join(faults[:6]) + more
