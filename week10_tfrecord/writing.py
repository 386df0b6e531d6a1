"""TFRecord shards: each written at once or not at all, by several processes, counted in a manifest.

A shard is written under a hidden name and takes its own name when it is complete. The manifest is
written last, so whoever starts from it never meets half a set.
"""

import contextlib
import functools
import glob
import hashlib
import io
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from week02_basics.drafts import sweep
from week02_basics.taught import taught
from week10_tfrecord import captchas, processes

import tensorflow as tf

MANIFEST = "manifest.json"
WEEK = "week10_tfrecord"
MARKS = 40  # of a whole progress bar

Say = Callable[[str], None]


class WritingFailed(OSError):
    """A file could not be written, and nothing of it was left behind."""


@contextlib.contextmanager
def draft(path: Path) -> Iterator[Path]:
    """Give a hidden name beside `path` to write to; it takes the place of `path` if all goes well.

    Raises:
        WritingFailed: the disk is full, or the file cannot be written for another reason.
    """
    path = Path(path)
    hidden = path.with_name(f".{path.name}.{os.getpid()}.part")
    sweep(path.parent, f".{glob.escape(path.name)}.*.part")
    try:
        yield hidden
        os.replace(hidden, path)
    except (OSError, tf.errors.OpError) as err:
        reason = getattr(err, "strerror", None) or getattr(err, "message", None) or str(err)
        raise WritingFailed(f"{path.name} could not be written, nothing is left: {reason}") from err
    finally:
        hidden.unlink(missing_ok=True)


def write_shard(path: Path, records: Iterable[bytes], compression: str = "") -> dict:
    """Write serialised records to one file, completely or not at all.

    Args:
        path: the file; one that is there is replaced.
        records: what `SerializeToString` gave, one after the other.
        compression: `""`, `"GZIP"` or `"ZLIB"`.

    Returns:
        The shard's entry for the manifest: file name, number of records, bytes, SHA-256.

    Raises:
        WritingFailed: the file could not be written. What `records` raises passes through.
    """
    path, count = Path(path), 0
    with draft(path) as hidden:
        with tf.io.TFRecordWriter(str(hidden), compression) as writer:
            for record in records:
                writer.write(record)
                count += 1
        size, digest = hidden.stat().st_size, _sha256(hidden)
    return {"file": path.name, "records": count, "bytes": size, "sha256": digest}


def write_manifest(folder: Path, shards: Sequence[Mapping], **facts: object) -> dict:
    """Write `manifest.json`: the shards' entries, their records in all, and further facts."""
    manifest = {**facts, "records": sum(s["records"] for s in shards), "shards": list(shards)}
    with draft(Path(folder, MANIFEST)) as hidden:
        hidden.write_text(json.dumps(manifest, indent=1), encoding="utf-8")
    return manifest


def read_manifest(folder: Path) -> dict:
    """Return a folder's manifest.

    Raises:
        FileNotFoundError: there is none, so the set was never finished.
    """
    path = Path(folder, MANIFEST)
    if not path.is_file():
        raise FileNotFoundError(f"no {MANIFEST} in {folder}: writing this set was never finished")
    return json.loads(path.read_text(encoding="utf-8"))


def write_captchas(
    folder: Path,
    count: int,
    *,
    seed: int,
    shards: int = 8,
    workers: int = 2,
    length: int = 4,
    alphabet: str = captchas.DIGITS,
    encoding: str = "raw",
    progress: bool = True,
) -> dict:
    """Draw captchas and write them into shards of a folder, several processes at a time.

    The images depend on seed and number only, not on shards or workers.

    Args:
        folder: made if it is not there.
        count: how many images.
        seed: which series of captchas.
        shards: number of files, each with the same number of records, give or take one.
        workers: number of processes; with 1 it is this one.
        length, alphabet: what a captcha's text is made of.
        encoding: `"raw"` for the bytes of the grey pixels, `"jpeg"` or `"png"` for a file's bytes.
        progress: print a bar that grows.

    Returns:
        The manifest, which also lies in the folder.

    Raises:
        ValueError: there is no worker or no shard.
        WritingFailed: a file could not be written; the folder then has no manifest.
        processes.WorkerFailed: one of several workers failed; likewise.
    """
    if min(workers, shards) < 1:
        raise ValueError(f"workers and shards must be at least 1, not {workers} and {shards}")
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    Path(folder, MANIFEST).unlink(missing_ok=True)
    bounds = [count * shard // shards for shard in range(shards + 1)]
    names = [f"captchas-{shard:05d}-of-{shards:05d}.tfrecord" for shard in range(shards)]
    tasks = list(zip(names, bounds, bounds[1:], strict=False))
    how = {"seed": seed, "length": length, "alphabet": alphabet}
    entries, done = {}, 0
    grow = _bar(f"{count} captchas", count) if progress else lambda done: None

    def on_line(name: str, line: str, _: object) -> None:
        nonlocal done
        kind, _, rest = line.partition(" ")
        if kind == "drawn":
            done += int(rest)
            grow(done)
        elif kind == "shard":
            entry = json.loads(rest)
            entries[entry["file"]] = entry

    job = {"folder": str(folder), "how": how, "encoding": encoding}
    if workers == 1:
        _write_shards(job | {"tasks": tasks}, lambda line: on_line("", line, None))
    else:
        jobs = {
            f"writer {worker}": processes.python(
                f"{WEEK}.writing", json.dumps(job | {"tasks": mine})
            )
            for worker in range(workers)
            if (mine := tasks[worker::workers])
        }
        no_gpu = {name: {"CUDA_VISIBLE_DEVICES": "-1"} for name in jobs}
        processes.run(jobs, on_line, env=no_gpu)
    return write_manifest(folder, [entries[name] for name in names], encoding=encoding, **how)


def _bar(title: str, total: int):
    """Return a function that lengthens a printed bar to the share that is done."""
    drawn = 0
    print(f"{title} |", end="", flush=True)

    def grow(done: int) -> None:
        nonlocal drawn
        marks = MARKS * done // total
        print("#" * (marks - drawn) + ("|\n" if drawn < marks == MARKS else ""), end="", flush=True)
        drawn = marks

    return grow


def _sha256(path: Path) -> str:
    with open(path, "rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _records(task: Sequence, how: Mapping, encoding: str, say: Say) -> Iterator[bytes]:
    """Draw the captchas of one shard, and say every now and then how many."""
    to_example, drawn = taught(WEEK).to_example, 0
    _, first, end = task
    for number in range(first, end):
        image, text = captchas.draw(number=number, **how)
        pixels = captchas.grey(image)
        yield to_example(
            encoded(pixels, encoding), pixels.shape, captchas.labels(text, how["alphabet"])
        )
        drawn += 1
        if drawn == 50 or number == end - 1:
            say(f"drawn {drawn}")
            drawn = 0


def encoded(pixels, encoding: str) -> bytes:
    """Return grey pixels, uint8 [height, width], as raw bytes or as the bytes of an image file."""
    if encoding == "raw":
        return pixels.tobytes()
    file = io.BytesIO()
    captchas.Image.fromarray(pixels).save(file, encoding, quality=90)
    return file.getvalue()


def _write_shards(job: Mapping, say: Say) -> None:
    """Write the shards that a job asks for, and say a line for each that is finished."""
    for task in job["tasks"]:
        records = _records(task, job["how"], job["encoding"], say)
        say(f"shard {json.dumps(write_shard(Path(job['folder'], task[0]), records))}")


def main(job: str) -> None:
    """Do a job, given in JSON, as one of several processes; what there is to say is printed."""
    processes.die_with_parent()
    _write_shards(json.loads(job), functools.partial(print, flush=True))


if __name__ == "__main__":
    main(sys.argv[1])
