"""A download that goes on where it broke off, is checked, and takes its file's place in one step.

`requests` does the transfer, as in the original notes. By itself it has no patience limit, does not
resume, follows any redirect and hands over half a body; and `keras.utils.get_file` writes straight
over the file that it should replace. What is missing is here.
"""

import contextlib
import hashlib
import os
import shutil
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urljoin, urlsplit

from week03_regression import digits

import requests
import urllib3

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

CHUNK = 1 << 18  # bytes
LOOPBACK = {"127.0.0.1", "localhost"}
REDIRECTS = 5

Progress = Callable[[int, int], None]


class Refused(ValueError):
    """What arrived, or where it would come from, is not what was asked for."""


def blob_id(file: str | Path) -> str:
    """Return the id that git gives a file: the SHA-1 of `blob <size>`, a zero byte, and its bytes."""
    file = Path(file)
    digest = hashlib.sha1(b"blob %d\0" % file.stat().st_size, usedforsecurity=False)
    with open(file, "rb") as content:
        while piece := content.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest()


def fault(file: str | Path, size: int | None, blob: str | None) -> str:
    """Say in a few words why a file is not the one of this size and git blob id; empty if it is."""
    file = Path(file)
    if not file.is_file():
        return f"{file.name} is not there"
    if size is not None and file.stat().st_size != size:
        return f"{file.name} has {file.stat().st_size:,} bytes instead of {size:,}"
    if blob is not None and blob_id(file) != blob:
        return f"{file.name} is another file: its git blob id is not {blob}"
    return ""


def fetch(
    url: str,
    target: str | Path,
    *,
    size: int | None = None,
    blob: str | None = None,
    begins: bytes = b"",
    progress: Progress | None = None,
) -> str:
    """Download a file, unless it is there already and as it should be.

    The bytes are collected in `<target>.part` beside the target and checked before they take its
    place. If the connection breaks, that part stays, and the next call goes on where it ends; if
    the whole is wrong after being pieced together, it is fetched once more from the start. Of
    several processes that want the same file one downloads, and the others wait for it.

    Args:
        url: https, or http on this machine. Redirects must stay on its host.
        target: the file; its folder is made if necessary.
        size: bytes that the file must have; without it what the server announces must arrive.
        blob: git blob id that the file must have.
        begins: bytes that the file must begin with.
        progress: called with the bytes that are there, first those from before, and the total.

    Returns:
        How it was had: `"already there"`, `"downloaded"` or `"resumed after 1,234 bytes"`.

    Raises:
        Refused: the address, a redirect, the size or the content is wrong; the part is deleted.
        ConnectionError: no connection, an error status, or it broke off; the part stays.
        TimeoutError: nothing or too little arrived for some seconds; the part stays.
        OSError: the disk is full or may not be written.

    In each case the target stays as it was.
    """
    target = Path(target)
    known = size is not None or blob is not None
    if known and not fault(target, size, blob):
        return "already there"
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(target.name + ".part")
    with _held(part):
        if known and not fault(target, size, blob):  # another process had it meanwhile
            return "already there"
        before = _length(part)
        if size is None or (before >= size and fault(part, size, blob)):
            before = _emptied(part)
        while True:
            try:
                _complete(url, part, size, blob, begins, progress)
                break
            except Refused:
                tried, before = before, _emptied(part)
                if not tried:
                    raise
        os.replace(part, target)
    return f"resumed after {before:,} bytes" if before else "downloaded"


def _length(part: Path) -> int:
    """Return how many bytes there are of a file that may not be there."""
    return part.stat().st_size if part.exists() else 0


def _emptied(part: Path) -> int:
    """Empty a part file, which stays the one that is held; return its length."""
    part.write_bytes(b"")
    return 0


@contextlib.contextmanager
def _held(part: Path) -> Iterator[None]:
    """Hold a part file for this process; wait for another one that does, as long as the part grows.

    The system releases the file when the process ends, however that happens. An empty part is
    removed. On Windows nothing is held: there, download the same file with one process at a time.

    Raises:
        TimeoutError: another process holds it and gets no further.
    """
    with contextlib.ExitStack() as stack:
        while fcntl:
            file = stack.enter_context(open(part, "ab"))
            digits.patiently(lambda file=file: _lock(file), part)
            with contextlib.suppress(FileNotFoundError):  # else it has become the target
                if os.path.samestat(os.fstat(file.fileno()), part.stat()):
                    break
            stack.close()
        try:
            yield
        finally:
            if part.exists() and not _length(part):
                part.unlink()


def _lock(file: BinaryIO) -> None:
    """Wait until no other process holds a file, and hold it until it is closed."""
    with contextlib.suppress(OSError):  # some network drives cannot
        fcntl.flock(file, fcntl.LOCK_EX)


def _complete(
    url: str,
    part: Path,
    size: int | None,
    blob: str | None,
    begins: bytes,
    progress: Progress | None,
) -> None:
    """Fetch what is missing of a part file, and check the whole."""
    stop = threading.Event()
    try:
        if size is None or _length(part) < size:
            digits.patiently(lambda: _transfer(url, part, size, stop, progress), part)
    finally:
        stop.set()
    wrong = fault(part, size, blob)
    if not wrong and begins:
        with open(part, "rb") as content:
            if content.read(len(begins)) != begins:
                wrong = f"{part.name} is another file: it does not begin with {begins[:4]!r}"
    if wrong:
        raise Refused(wrong.replace(part.name, part.name.removesuffix(".part")))


def _transfer(
    url: str, part: Path, size: int | None, stop: threading.Event, progress: Progress | None
) -> None:
    """Append to a part file what is missing of it."""
    have = part.stat().st_size if part.exists() and size is not None else 0
    name = part.name.removesuffix(".part")
    with requests.Session() as session:
        try:
            response = _open(session, url, have)
        except requests.Timeout:
            raise TimeoutError(f"{name}: the network did not answer") from None
        except (requests.RequestException, urllib3.exceptions.HTTPError) as err:
            raise ConnectionError(f"{name}: {_reason(err)}") from None
        if have and response.status_code == 206:
            start = response.headers.get("Content-Range", "").removeprefix("bytes ")
            if not start.startswith(f"{have}-"):
                raise Refused(f"{name}: the server continues at {start or '?'}, not at {have}")
        else:
            have = 0  # it sends all of it again
        length = response.headers.get("Content-Length", "")
        if not length.isdigit():
            raise Refused(f"{name}: the server does not say how long it is")
        total = have + int(length)
        if size is not None and total != size:
            raise Refused(f"{name}: the server has {total:,} bytes, not {size:,}")
        if stop.is_set():  # whoever asked has gone
            return
        if shutil.disk_usage(part.parent).free < int(length):
            raise OSError(f"{name}: not enough room in {part.parent.name} for {length} bytes")
        if progress:
            progress(have, total)
        with open(part, "ab" if have else "wb") as out:
            while have < total and (piece := _receive(response, total - have)):
                if stop.is_set():
                    return
                out.write(piece)
                out.flush()
                have += len(piece)
                if progress:
                    progress(have, total)
    if have < total:
        raise ConnectionError(f"{name}: the connection broke off after {have:,} of {total:,} bytes")


def _receive(response: requests.Response, most: int) -> bytes:
    """Return the next bytes of a body, or none if the connection broke off."""
    try:
        return response.raw.read1(min(CHUNK, most), decode_content=False)
    except urllib3.exceptions.TimeoutError:
        raise TimeoutError("the network stalled") from None
    except (urllib3.exceptions.HTTPError, OSError):
        return b""


def _open(session: requests.Session, url: str, have: int) -> requests.Response:
    """Ask for a file, from byte `have` on, and follow redirects that stay on the host."""
    host = urlsplit(url).netloc
    # No proxy stands between this machine and itself.
    session.trust_env = urlsplit(url).hostname not in LOOPBACK
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={have}-"} if have else {})
    for _ in range(REDIRECTS + 1):
        where = urlsplit(url)
        if where.netloc != host:
            raise Refused(f"{host} sends us on to another host, {where.netloc}")
        if where.scheme != "https" and not (where.scheme == "http" and where.hostname in LOOPBACK):
            raise Refused(f"{where.scheme}://{where.netloc}: only https is safe against changes")
        response = session.get(
            url, headers=headers, stream=True, allow_redirects=False, timeout=digits.PATIENCE
        )
        if not response.is_redirect:
            if have and response.status_code == 416:
                raise Refused(f"{host} has no more than {have:,} bytes of {where.path}")
            if response.status_code not in (200, 206):
                raise ConnectionError(
                    f"{host} answers {response.status_code} {response.reason} for {where.path}"
                )
            return response
        url = urljoin(url, response.headers["Location"])
        response.close()
    raise Refused(f"{host} sends us in circles")


def _reason(err: Exception) -> str:
    """Say in a few words what went wrong with a connection."""
    kinds = {
        requests.exceptions.SSLError: "no safe connection",
        requests.exceptions.ProxyError: "the proxy refuses",
        requests.exceptions.ConnectionError: "no connection",
    }
    return next(
        (words for kind, words in kinds.items() if isinstance(err, kind)), "no sound answer"
    )


def bar(name: str, steps: int = 40) -> Progress:
    """Return a progress function that draws one line, bit by bit: `name [===####] 88.9 MB`.

    Each sign stands for the same share; `=` is what was there when the download began.
    """
    drawn = [-1]

    def progress(have: int, total: int) -> None:
        done = steps * have // total
        if drawn[0] < 0:
            drawn[0] = done
            sys.stdout.write(f"{name} [{'=' * drawn[0]}")
        sys.stdout.write("#" * (done - drawn[0]))
        drawn[0] = done
        if have == total:
            sys.stdout.write(f"] {total / 1e6:.1f} MB\n")
        sys.stdout.flush()

    return progress
