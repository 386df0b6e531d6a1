"""The flowers: photos of TensorFlow's data set where they lie ready, drawn ones everywhere else."""

import hashlib
import os
import tarfile
import tempfile
import zlib
from pathlib import Path, PurePosixPath
from typing import NamedTuple, TypeVar

from week02_basics.drafts import sweep
from week02_basics.tables import situation
from week08_inception import archive, download
from week09_transfer.drawn import draw_folder
from week09_transfer.photos import Photos, read_folder

URL = "https://storage.googleapis.com/download.tensorflow.org/example_images/flower_photos.tgz"
SIZE = 228_813_984  # bytes
SHA256 = "4c54ace7911aaffe13a365c34f650e71dd5bf1be0a58b464e5a7183e3e595d9c"
CLASSES = ["daisy", "dandelion", "roses", "sunflowers", "tulips"]
LIMIT = 500_000_000, 5_000  # bytes and files that the archive may hold

T = TypeVar("T")


class Flowers(NamedTuple):
    """Five kinds of flowers, and whether they are photos."""

    source: str  # "photos" or "drawn"
    photos: Photos

    def pick(self, *, photos: T, drawn: T) -> T:
        """Return the one that belongs to these pictures."""
        return {"photos": photos, "drawn": drawn}[self.source]


def folder() -> Path:
    """Return where the photos lie if they were asked for: among Keras' data sets."""
    return archive.folder().parents[1] / "datasets" / "flower_photos"


def load_flowers(side: int, per_class: int = 80) -> Flowers:
    """Return photos from `folder()` if it is there, else as many drawn flowers; say which."""
    try:
        if not folder().is_dir():
            raise FileNotFoundError("no photos in Keras' folder")
        photos = read_folder(folder(), side, most=per_class, skip=True)
        if photos.classes != CLASSES or len(photos.files) < per_class * len(CLASSES) * 0.9:
            raise ValueError("other classes, or too few photos")
        flowers, what = Flowers("photos", photos), "photos of TensorFlow's flowers data set"
    except (OSError, ValueError) as err:
        with tempfile.TemporaryDirectory() as scratch:
            flowers = Flowers("drawn", read_folder(draw_folder(scratch, per_class), side))
        what = f"drawn by code ({' '.join(str(err).split())[:100]})"
    situation(f"flowers: {what}", holds=flowers.photos.classes == CLASSES)
    return flowers


def install(url: str = URL, size: int = SIZE, sha256: str = SHA256) -> Path:
    """Download the official archive, 229 MB, unpack it into `folder()`, and return that.

    Raises:
        Refused: it is not that archive, or something in it is not a plain file below its folder.
        ConnectionError, TimeoutError, OSError: as `download.fetch`. An earlier folder stays.
    """
    target = folder()
    if target.is_dir() and sorted(p.name for p in target.iterdir() if p.is_dir()) == CLASSES:
        return target
    file = target.with_name("flower_photos.tgz")
    progress = download.bar(file.name)
    download.fetch(url, file, size=size, progress=progress)
    with open(file, "rb") as content:
        if hashlib.file_digest(content, "sha256").hexdigest() != sha256:
            file.unlink()
            raise download.Refused(f"{file.name} is another file: its SHA-256 is not {sha256}")
    sweep(target.parent, ".flower_photos-*")
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".flower_photos-") as scratch:
        try:
            _extract(file, Path(scratch))
        except (tarfile.TarError, EOFError, zlib.error) as err:
            kind = type(err).__name__
            raise download.Refused(f"{file.name}: broken off, or no archive ({kind})") from None
        os.replace(Path(scratch, "flower_photos"), target)
    file.unlink()
    return target


def _extract(file: Path, into: Path) -> None:
    """Extract the photos, and nothing that is not a plain file below `flower_photos`."""
    total = count = 0
    with tarfile.open(file, "r:gz") as tar:
        for member in tar:
            parts = PurePosixPath(member.name.replace("\\", "/")).parts
            total, count = total + member.size, count + 1
            if total > LIMIT[0] or count > LIMIT[1]:
                raise download.Refused(f"{file.name}: more in it than {LIMIT[0]:,} bytes")
            if parts[:1] != ("flower_photos",) or ".." in parts or ":" in member.name:
                raise download.Refused(
                    f"{file.name}: {member.name!r} would land outside its folder"
                )
            if not (member.isreg() or member.isdir()):
                raise download.Refused(f"{file.name}: {member.name!r} is a link or a device")
            tar.extract(member, into, filter="data")
