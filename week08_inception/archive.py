"""Google's Inception-v3 archive of 2015: what is known of it, fetched and unpacked with care."""

import glob
import json
import os
import shutil
import tarfile
import tempfile
import zlib
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from week02_basics.drafts import sweep
from week08_inception import labels
from week08_inception.download import Progress, Refused, fault, fetch
from week08_inception.kinds import otherwise

from keras.src.backend.config import keras_home

GRAPH = "classify_image_graph_def.pb"
FACTS = "INCEPTION_FACTS"  # environment variable: a JSON file with other facts, for tests
MEMBERS = 50


class Archive(NamedTuple):
    """What identifies an archive before and after it is unpacked."""

    url: str
    size: int  # bytes
    blob: str  # git blob id
    graph_blob: str  # git blob id of GRAPH inside it
    unpacked: int = 200_000_000  # bytes that its files may have together

    @property
    def name(self) -> str:
        """The name of its file."""
        return self.url.rsplit("/", 1)[-1]


# The notes' http://download.tensorflow.org/… is this bucket. The id of the graph is on record in
# many repositories, that of the archive in one.
INCEPTION = Archive(
    url="https://storage.googleapis.com/download.tensorflow.org/models/image/imagenet/"
    "inception-2015-12-05.tgz",
    size=88_931_400,
    blob="c0b8db7a2feaf3e26970e968c9bb7452b53e7f32",
    graph_blob="f34cb9b774a4547b5e214ef4202e5775a9c0f436",
)


def facts() -> Archive:
    """Return `INCEPTION`, or what the file named by the environment variable `FACTS` says."""
    if not os.environ.get(FACTS):
        return INCEPTION
    return Archive(**json.loads(Path(os.environ[FACTS]).read_text(encoding="utf-8")))


def folder() -> Path:
    """Return where the unpacked archive lies: beside Keras' models."""
    return Path(os.path.expanduser(keras_home()), "models", "inception-2015-12-05")


def missing(archive: Archive, where: Path) -> str:
    """Say why a folder does not hold the unpacked archive; empty if it does."""
    if not where.is_dir():
        return "it is not installed"
    for name in (labels.NODES, labels.WORDS):
        if not (where / name).is_file():
            return f"{name} is not there"
    return fault(where / GRAPH, None, archive.graph_blob)


def install(archive: Archive, where: Path, progress: Progress | None = None) -> str:
    """Fetch an archive and unpack it, unless its folder is there already and as it should be.

    Returns:
        What was done, in a few words.

    Raises:
        Refused, ConnectionError, TimeoutError, OSError: as `fetch` and `unpack` say. The folder is
        then as it was before.
    """
    if not missing(archive, where):
        return "already there"
    where.parent.mkdir(parents=True, exist_ok=True)
    file = where.parent / archive.name
    try:
        how = fetch(archive.url, file, size=archive.size, blob=archive.blob, progress=progress)
        unpack(archive, file, where)
    except (OSError, Refused):
        if missing(archive, where):
            raise
        return "already there"  # another process was faster
    file.unlink(missing_ok=True)
    return f"{how} and unpacked"


def unpack(archive: Archive, file: Path, where: Path) -> None:
    """Check an archive, unpack it beside its folder, check again, and put the folder in its place.

    Args:
        archive: what it must be.
        file: the archive on disk; it is not opened unless its size and id are right.
        where: the folder; what was there before is replaced as a whole, or stays as it was.

    Raises:
        Refused: the file is not the archive, a member would land outside the folder or is no plain
            file, the members are too many or too large, or what should be in it is not.
    """
    if wrong := fault(file, archive.size, archive.blob):
        raise Refused(wrong)
    where.parent.mkdir(parents=True, exist_ok=True)
    sweep(where.parent, f".{glob.escape(where.name)}-*")
    with tempfile.TemporaryDirectory(dir=where.parent, prefix=f".{where.name}-") as scratch:
        fresh, old = Path(scratch, "fresh"), Path(scratch, "old")
        fresh.mkdir()
        try:
            _extract(file, fresh, archive.unpacked)
        except (tarfile.TarError, EOFError, zlib.error, OSError) as err:
            what = f"({type(err).__name__}){otherwise(file, 'a GZIP file')}"
            raise Refused(f"{file.name}: broken off, or no archive at all {what}") from None
        if wrong := missing(archive, fresh):
            raise Refused(f"{file.name}: {wrong}")
        if where.is_dir() and not where.is_symlink():
            os.replace(where, old)
        try:
            os.replace(fresh, where)
        except OSError:
            if old.exists():
                os.replace(old, where)
            raise


def _extract(file: Path, into: Path, limit: int) -> None:
    """Extract plain files and folders, at most `MEMBERS`, of at most `limit` bytes together."""
    total = 0
    with tarfile.open(file, "r:gz") as tar:
        for count, member in enumerate(tar, 1):
            total += member.size
            path = PurePosixPath(member.name.replace("\\", "/"))
            if path.is_absolute() or ".." in path.parts or ":" in member.name:
                raise Refused(f"{file.name}: {member.name!r} would land outside the folder")
            if not (member.isreg() or member.isdir()):
                raise Refused(f"{file.name}: {member.name!r} is a link or a device, not a file")
            if count > MEMBERS or total > limit:
                raise Refused(f"{file.name}: more than {limit:,} bytes or {MEMBERS} files in it")
            if member.isreg() and shutil.disk_usage(into).free < member.size:
                raise Refused(f"{file.name}: no room for {member.name}")
            tar.extract(member, into, filter="data")
