"""A local server that misbehaves as told, and hostile archives: what a download must survive."""

import contextlib
import io
import re
import socket
import tarfile
import threading
import time
from collections.abc import Iterator, Mapping
from typing import NamedTuple


class Served(NamedTuple):
    """Where a server listens, and the head of each request that it got."""

    url: str
    requests: list[str]


@contextlib.contextmanager
def server(body: bytes, *mishaps: str) -> Iterator[Served]:
    """Serve one file on 127.0.0.1; the first requests meet a mishap each, later ones go well.

    Args:
        body: the file. A `Range` of the form `bytes=N-` is honoured; behind the end it gets 416.
        mishaps: `"404"`, `"500"` (any status), `"closes early"`, `"says less"` and `"says more"`
            (wrong length), `"no length"`, `"other content"`, `"silent"`, `"stalls"`, `"trickles"`,
            `"no range"`, `"wrong range"`, `"garbage"`, `"hangs up"`, `"to URL"` (a redirect),
            or `""`.
    """
    requests: list[str] = []
    over = threading.Event()
    listener = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}/file.tgz"

    def answer(connection: socket.socket, number: int) -> None:
        with connection, contextlib.suppress(OSError):
            head = connection.recv(65536).decode(errors="replace")
            requests.append(head)
            mishap = mishaps[number] if number < len(mishaps) else ""
            _misbehave(connection, head, body, mishap, over)

    def accept() -> None:
        number = 0
        while not over.is_set():
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=answer, args=[connection, number], daemon=True).start()
            number += 1

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield Served(url, requests)
    finally:
        over.set()
        listener.close()


def _misbehave(
    connection: socket.socket, head: str, body: bytes, mishap: str, over: threading.Event
) -> None:
    """Answer one request."""
    if mishap == "hangs up":
        return
    if mishap == "silent":
        over.wait(60)
        return
    if mishap == "garbage":
        connection.sendall(b"\x00\x01\x02\r\n\r\n")
        return
    if mishap.isdigit():
        connection.sendall(
            f"HTTP/1.1 {mishap} No\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno".encode()
        )
        return
    if mishap.startswith("to "):
        lines = f"HTTP/1.1 302 Found\r\nLocation: {mishap[3:]}\r\nContent-Length: 0\r\n"
        connection.sendall(f"{lines}Connection: close\r\n\r\n".encode())
        return
    wanted = re.search(r"(?i)\r\nrange: bytes=(\d+)-", head)
    start = int(wanted[1]) if wanted and mishap != "no range" else 0
    if mishap == "other content":
        body = bytes(byte ^ 0xFF for byte in body)
    if start and start >= len(body):
        size = f"Content-Range: bytes */{len(body)}\r\nContent-Length: 0"
        connection.sendall(
            f"HTTP/1.1 416 Range Not Satisfiable\r\n{size}\r\nConnection: close\r\n\r\n".encode()
        )
        return
    rest = body[start:]
    length = len(rest) + {"says less": -1, "says more": 1}.get(mishap, 0)
    said = start + 1 if mishap == "wrong range" else start
    lines = ["HTTP/1.1 206 Partial Content" if start else "HTTP/1.1 200 OK"]
    lines += [f"Content-Range: bytes {said}-{len(body) - 1}/{len(body)}"] if start else []
    lines += [f"Content-Length: {length}"] if mishap != "no length" else []
    connection.sendall("\r\n".join([*lines, "Connection: close", "", ""]).encode())
    if mishap in ("closes early", "stalls"):
        connection.sendall(rest[: len(rest) // 2])
        over.wait(60 if mishap == "stalls" else 0)
        return
    if mishap == "trickles":
        for byte in rest:
            connection.sendall(bytes([byte]))
            if over.wait(0.05):
                return
    connection.sendall(rest)
    time.sleep(0.01)


def pack(files: Mapping[str, bytes]) -> bytes:
    """Return a .tgz of plain files by name."""
    return _tar([(_member(name, len(content)), content) for name, content in files.items()])


HOSTILE = (
    "absolute path",
    "parent folder",
    "symbolic link out",
    "hard link out",
    "link, then through it",
    "long chain of links",
    "device",
    "far too large",
    "too many files",
    "broken off",
    "not a tar",
)


def hostile(kind: str, good: Mapping[str, bytes]) -> bytes:
    """Return an archive that holds the good files and something evil, of a kind in `HOSTILE`."""
    members = [(_member(name, len(content)), content) for name, content in good.items()]
    if kind == "broken off":
        return pack(good)[:-200]
    if kind == "not a tar":
        return b"<html>please log in to this network</html>"
    evil = _member("evil.txt", 4), b"evil"
    if kind == "absolute path":
        evil[0].name = "/week08-evil.txt"
    elif kind == "parent folder":
        evil[0].name = "../evil.txt"
    elif kind in ("symbolic link out", "link, then through it"):
        members.append((_member("out", 0, tarfile.SYMTYPE, ".."), b""))
        evil[0].name = "out/evil.txt" if kind.startswith("link,") else evil[0].name
    elif kind == "hard link out":
        members.append((_member("out", 0, tarfile.LNKTYPE, "../secret.txt"), b""))
    elif kind == "long chain of links":
        members += [(link, b"") for link in _chain("out")]
        evil[0].name = "out/evil.txt"
    elif kind == "device":
        members.append((_member("null", 0, tarfile.CHRTYPE), b""))
    elif kind == "far too large":
        members.append((_member("zeros", 50_000_000), bytes(50_000_000)))
    elif kind == "too many files":
        members += [(_member(f"{i}", 0), b"") for i in range(1000)]
    else:
        raise ValueError(f"no hostile archive {kind!r}; there are {', '.join(HOSTILE)}")
    return _tar([*members, evil])


def _chain(name: str) -> list[tarfile.TarInfo]:
    """Return links by short names into folders with long ones, and at their end one that leads out.

    Followed, they are longer than a path may be. `os.path.realpath` stopped there until the fixes
    of 2025, so that the filter of `tarfile` did not see where the last link leads.
    """
    letters, long, members = "abcdefghijklmnop", "d" * 247, []
    for depth, letter in enumerate(letters):
        inside = f"{long}/" * depth
        members.append(_member(f"{inside}{long}", 0, tarfile.DIRTYPE))
        members.append(_member(f"{inside}{letter}", 0, tarfile.SYMTYPE, long))
    deepest = f"{'/'.join(letters)}/{'l' * 254}"
    members.append(_member(deepest, 0, tarfile.SYMTYPE, "../" * len(letters)))
    return [*members, _member(name, 0, tarfile.SYMTYPE, f"{deepest}/..")]


def _member(name: str, size: int, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    """Return the header of a member."""
    info = tarfile.TarInfo(name)
    info.size, info.type, info.linkname = size, kind, link
    return info


def _tar(members: list[tuple[tarfile.TarInfo, bytes]]) -> bytes:
    """Return a .tgz of members."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz", compresslevel=1) as tar:
        for info, content in members:
            tar.addfile(info, io.BytesIO(content))
    return out.getvalue()
