"""Messages as bytes: the length of the head and of the rest, the head as JSON, then raw parts."""

import itertools
import json
import struct
from collections.abc import Callable

LARGEST = 256 * 2**20  # bytes of one message


class Nonsense(Exception):
    """A message that does not follow the rules."""


class Uncrossable(TypeError):
    """A value that cannot be sent to the other process."""


def pack(message: dict, blobs: list[bytes]) -> bytes:
    """Return the bytes of a message and the raw parts it refers to.

    Raises:
        Uncrossable: more than `LARGEST` bytes.
    """
    head = json.dumps([message, [len(blob) for blob in blobs]]).encode()
    size = len(head) + sum(map(len, blobs))
    if size > LARGEST:
        raise Uncrossable(f"{size >> 20} MB are too much for an answer")
    return struct.pack(">QQ", len(head), size - len(head)) + head + b"".join(blobs)


def unpack(read: Callable[[int], bytes]) -> tuple[dict, list[bytes]] | None:
    """Read a message; None at the end of the stream.

    Raises:
        Nonsense: what came is no message.
    """
    sizes = read(16)
    if len(sizes) < 16:
        return None
    head, rest = struct.unpack(">QQ", sizes)
    if head + rest > LARGEST:
        raise Nonsense(f"a message of {head + rest} bytes")
    text, body = read(head), read(rest)
    if len(text) < head or len(body) < rest:
        return None
    try:
        message, lengths = json.loads(text)
        ends = list(itertools.accumulate(lengths))
        if not isinstance(message, dict) or (ends and ends[-1] != rest) or min([0, *lengths]) < 0:
            raise ValueError("lengths do not add up")
    except (ValueError, TypeError, RecursionError) as err:
        raise Nonsense(f"a message that cannot be read ({err})") from None
    return message, [body[end - n : end] for n, end in zip(lengths, ends, strict=True)]
