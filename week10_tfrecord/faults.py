"""What can be wrong with a set of shards: found, named by file and record, and read past on request.

The fast pipeline reads and parses whole batches, so its errors name neither file nor record.
`naming` waits for such an error and then walks through the files record by record to say where.
Records are numbered from 0.
"""

import contextlib
import functools
import os
import struct
import tempfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from week02_basics.taught import taught
from week10_tfrecord import writing

import tensorflow as tf

HEADER = struct.Struct("<QI")  # length of the record, and the masked CRC of these 8 bytes
LISTS = {tf.string: "bytes_list", tf.int64: "int64_list", tf.float32: "float_list"}


class Fault(NamedTuple):
    """One broken record, or the broken rest of a file."""

    file: str
    record: int  # number of the record in its file, from 0
    why: str

    def __str__(self) -> str:
        return f"{self.file}, record {self.record}: {self.why}"


class BrokenRecord(ValueError):
    """A record cannot be read; the message names file and record."""


class BrokenSet(ValueError):
    """The files are not those that the manifest lists."""


def files(folder: Path, on_fault: str = "stop") -> tuple[list[str], list[str]]:
    """Return the shards that a folder's manifest lists, in order, and what is wrong with them.

    Existence and size are looked at, not the contents: this costs nothing however large the set.

    Args:
        folder: where `manifest.json` lies.
        on_fault: `"stop"`, or `"skip"` to leave missing and empty shards out and keep the others.

    Returns:
        Paths to read, and a sentence for each fault (always empty with `"stop"`).

    Raises:
        BrokenSet: a shard is missing, or has another size than when it was written.
    """
    paths, found = [], []
    for shard in writing.read_manifest(folder)["shards"]:
        path, records = Path(folder, shard["file"]), shard["records"]
        size = path.stat().st_size if path.is_file() else None
        if size is None:
            found.append(f"{path.name} is missing, with {records} records")
        elif size == 0:
            found.append(f"{path.name} is empty, {records} records are gone")
        else:
            if size != shard["bytes"]:
                found.append(f"{path.name} has {size} bytes, {shard['bytes']} were written")
            paths.append(str(path))
    if found and _stops(on_fault):
        raise BrokenSet("; ".join(found) + f" (manifest in {folder})")
    return paths, found


def verify(folder: Path) -> list[str]:
    """Return the names of the shards whose SHA-256 is not the manifest's; reads every byte."""
    manifest = writing.read_manifest(folder)
    return [
        shard["file"]
        for shard in manifest["shards"]
        if not (path := Path(folder, shard["file"])).is_file()
        or writing._sha256(path) != shard["sha256"]
    ]


def _stops(on_fault: str) -> bool:
    if on_fault not in ("stop", "skip"):
        raise ValueError(f"on_fault must be 'stop' or 'skip', not {on_fault!r}")
    return on_fault == "stop"


def walk(
    paths: Sequence[str],
    features: Mapping[str, tf.io.FixedLenFeature],
    shape: Sequence[int] | None = None,
) -> Iterator[bytes | Fault]:
    """Read records one by one, slowly and carefully, and give a `Fault` in place of each broken one.

    After a wrong checksum of the data the next record is looked for behind it. If the length itself
    is broken nobody knows where the next one begins: the rest of the file is one fault.

    A length that cannot be true, but has the right checksum, is a fault as well. TensorFlow believes
    it, and its process crashes: walk through files of strangers before you read them.

    Args:
        paths: uncompressed TFRecord files.
        features: what each record must hold, as `tf.io.parse_example` wants it.
        shape: height and width that raw images must have; None where images are files of their own.
    """
    for path in paths:
        name = Path(path).name
        for number, record in _framed(path):
            if isinstance(record, str):
                yield Fault(name, number, record)
            elif why := wrong(record, features, shape):
                yield Fault(name, number, why)
            else:
                yield record


def _framed(path: str) -> Iterator[tuple[int, bytes | str]]:
    """Give number and bytes of each record of a file, or what is wrong with it."""
    if packed := compressed(path):
        yield (
            0,
            f"the whole file is compressed ({packed}): open it with compression_type={packed!r}",
        )
        return
    end, why = _sound(path)
    number = start = 0
    with tempfile.TemporaryDirectory() as folder:
        while start < end:
            rest = _part(path, start, end, os.path.join(folder, "rest"))
            try:
                for record in tf.data.TFRecordDataset(rest).as_numpy_iterator():
                    yield number, record
                    number, start = number + 1, start + len(record) + 16
            except tf.errors.DataLossError:
                yield number, "its bytes are damaged (CRC)"
                with open(path, "rb") as file:
                    file.seek(start)
                    length, _ = HEADER.unpack(file.read(HEADER.size))
                number, start = number + 1, start + length + 16
            else:
                break
    if why:
        yield number, why


def compressed(path: str) -> str:
    """Return "GZIP" or "ZLIB" if a file is whole compressed data of that kind, else an empty text."""
    with open(path, "rb") as file:
        start = file.read(2)
        if start != b"\x1f\x8b" and not (start[:1] == b"\x78" and int.from_bytes(start) % 31 == 0):
            return ""
        file.seek(0)
        try:  # a length may begin with the same bytes: only what unpacks to a record's head counts
            head = zlib.decompressobj(wbits=47).decompress(file.read(1 << 16), HEADER.size)
        except zlib.error:
            return ""
    if len(head) < HEADER.size or _week().masked_crc(head[:8]) != HEADER.unpack(head)[1]:
        return ""
    return "GZIP" if start == b"\x1f\x8b" else "ZLIB"


def _sound(path: str) -> tuple[int, str]:
    """Return up to where the lengths of a file's records can be true, and what is wrong there."""
    start, size = 0, os.path.getsize(path)
    with open(path, "rb") as file:
        while start < size:
            file.seek(start)
            head = file.read(HEADER.size)
            if len(head) < HEADER.size:
                return start, f"the file ends after {len(head)} bytes of the record"
            length, crc = HEADER.unpack(head)
            if _week().masked_crc(head[:8]) != crc:
                return start, "its length is damaged (CRC), the rest of the file cannot be found"
            if start + length + 16 > size:
                return start, f"the file ends after {size - start} of its {length + 16} bytes"
            start += length + 16
    return size, ""


def _part(path: str, start: int, end: int, copy: str) -> str:
    """Return a file that holds what another one has from `start` to `end`: itself, or a copy."""
    if (start, end) == (0, os.path.getsize(path)):
        return path
    with open(path, "rb") as source, open(copy, "wb") as target:
        source.seek(start)
        while start < end and (piece := source.read(min(1 << 20, end - start))):
            target.write(piece)
            start += len(piece)
    return copy


@functools.cache
def _week():
    """Return what the notebook teaches; asked for late, for the notebook imports this module."""
    return taught(writing.WEEK)


def wrong(
    record: bytes,
    features: Mapping[str, tf.io.FixedLenFeature],
    shape: Sequence[int] | None = None,
) -> str:
    """Say what keeps a record from being parsed; empty if nothing does."""
    try:
        held = tf.train.Example.FromString(record).features.feature
    except Exception:  # the protobuf library's own error type depends on its build
        return "it is not an Example"
    for name, want in features.items():
        kind = held[name].WhichOneof("kind") if name in held else None
        if kind is None and want.default_value is not None:
            continue  # TensorFlow fills it in; an empty list it does not
        if name not in held:
            return f"feature {name!r} is missing"
        wanted = LISTS[want.dtype]
        if kind != wanted:
            return f"feature {name!r} is of type {kind}, {wanted} is expected"
        count, wanted = len(getattr(held[name], kind).value), tf.TensorShape(want.shape)
        if count != wanted.num_elements():
            return f"feature {name!r} has {count} values, {wanted.num_elements()} are expected"
    if shape is not None and {"size", "image"} <= set(held):
        size = tuple(held["size"].int64_list.value)
        if size != tuple(shape):
            return f"the image is {size[0]} x {size[1]}, {shape[0]} x {shape[1]} is expected"
        length = len(held["image"].bytes_list.value[0])
        if length != shape[0] * shape[1]:
            return f"the image has {length} bytes, {shape[0] * shape[1]} are expected"
    return ""


@contextlib.contextmanager
def naming(paths: Sequence[str], features: Mapping, shape: Sequence[int] | None = None):
    """Turn an error of the fast pipeline into one that names the file and the record.

    Raises:
        BrokenRecord: in place of TensorFlow's error, if a record of `paths` is broken.
    """
    try:
        yield
    except (tf.errors.OpError, UnicodeDecodeError):  # the latter if garbage stands in the message
        for found in walk([path for path in paths if os.path.exists(path)], features, shape):
            if isinstance(found, Fault):
                raise BrokenRecord(str(found)) from None
        raise


class Skipped(NamedTuple):
    """What is left of a set after its broken records have been skipped."""

    files: list[str]  # to read, in the order of the originals
    kept: int
    faults: list[Fault]

    def report(self) -> str:
        """Say how many records are left and which were skipped, a line for each."""
        head = f"{self.kept} records kept, {len(self.faults)} skipped"
        return "\n".join([head, *(f"  {fault}" for fault in self.faults)])


def skipping(
    paths: Sequence[str],
    folder: Path,
    features: Mapping[str, tf.io.FixedLenFeature],
    shape: Sequence[int] | None = None,
) -> Skipped:
    """Look at every record and copy the good ones of each broken file, so that the set can be read.

    Args:
        paths: uncompressed TFRecord files; they stay as they are.
        folder: where the copies go, under the same names; made if it is not there.
        features, shape: what each record must hold, as in `walk`.

    Returns:
        The files to read (whole ones themselves, copies of the others), and what was skipped.
    """
    files, kept, skipped = [], 0, []
    for path in paths:
        found = [each for each in walk([path], features, shape) if isinstance(each, Fault)]
        if found:
            folder.mkdir(parents=True, exist_ok=True)
            good = (each for each in walk([path], features, shape) if isinstance(each, bytes))
            copy = Path(folder, Path(path).name)
            kept += writing.write_shard(copy, good)["records"]
            path = str(copy)
        else:
            kept += sum(1 for _ in tf.data.TFRecordDataset(path))
        files.append(path)
        skipped += found
    return Skipped(files, kept, skipped)
