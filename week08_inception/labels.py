"""From a node of the network to a name, through the two label files of the Inception archive.

The softmax of the 2015 graph has 1,008 outputs. `…label_map_proto.pbtxt` gives the WordNet id of
those from 1 to 1,000, `…synset_to_human_label_map.txt` the words for each of 21,842 WordNet ids.
"""

import json
import re
from pathlib import Path

from week08_inception.kinds import otherwise

NODES = "imagenet_2012_challenge_label_map_proto.pbtxt"
WORDS = "imagenet_synset_to_human_label_map.txt"
UID = r"n[0-9]{8}"


def read_nodes(file: str | Path) -> dict[int, str]:
    """Read `LabelMap` entries in protocol buffer text form.

    Returns:
        The WordNet id, such as `n02510455`, of each node.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: a line is not what it should be, or a node comes twice; names file and line.
    """
    found, entry = {}, None
    for number, line in _lines(file):
        text = line.split("#")[0].strip()
        field = re.fullmatch(
            rf"(target_class): ([0-9]{{1,9}})|(target_class_string): \"({UID})\"", text
        )
        if not text:
            continue
        if text == "entry {" and entry is None:
            entry = {}
        elif field and entry is not None and (field[1] or field[3]) not in entry:
            entry[field[1] or field[3]] = field[2] or field[4]
        elif text == "}" and entry is not None and len(entry) == 2:
            node = int(entry["target_class"])
            if node in found:
                raise ValueError(f"{_at(file, number)}: node {node} comes a second time")
            found[node], entry = entry["target_class_string"], None
        else:
            raise ValueError(f"{_at(file, number)}: not a line of a label map: {text[:60]!r}")
    if entry is not None:
        raise ValueError(f"{_at(file, number)}: the file ends inside an entry")
    return _some(file, found)


def read_words(file: str | Path) -> dict[str, str]:
    """Read lines of a WordNet id, a tab, and the words for it.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: a line is not what it should be, or an id comes twice; names file and line.
    """
    found = {}
    for number, line in _lines(file):
        match = re.fullmatch(rf"({UID})\t(\S.*)", line.rstrip())
        if not match:
            raise ValueError(
                f"{_at(file, number)}: not a WordNet id, a tab and words: {line[:60]!r}"
            )
        if match[1] in found:
            raise ValueError(f"{_at(file, number)}: {match[1]} comes a second time")
        found[match[1]] = match[2]
    return _some(file, found)


def read_keras(file: str | Path) -> list[tuple[str, str]]:
    """Read Keras' `imagenet_class_index.json`: WordNet id and words of each of Keras' classes.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is not a table of consecutive classes.
    """
    try:
        table = json.loads(Path(file).read_text(encoding="utf-8"))
        found = [table[str(node)] for node in range(len(table))]
        sound = all(re.fullmatch(UID, uid) and words.strip() for uid, words in found)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as err:
        what = otherwise(file, "JSON") if isinstance(err, UnicodeDecodeError) else ""
        raise ValueError(
            f"{Path(file).name}: not a table of Keras' classes ({err}){what}"
        ) from None
    if not (found and sound):
        raise ValueError(f"{Path(file).name}: not a table of Keras' classes")
    return [(uid, words.replace("_", " ")) for uid, words in found]


def lookup(folder: str | Path) -> dict[int, str]:
    """Return the words for each node of the Inception graph, from a folder with both label files.

    Raises:
        FileNotFoundError, ValueError: a file is missing or malformed, or a node's id has no words.
    """
    nodes, words = read_nodes(Path(folder, NODES)), read_words(Path(folder, WORDS))
    for node, uid in nodes.items():
        if uid not in words:
            raise ValueError(f"{WORDS}: no words for {uid}, which is node {node} of {NODES}")
    return {node: words[nodes[node]] for node in sorted(nodes)}


def _lines(file: str | Path) -> list[tuple[int, str]]:
    """Return the numbered lines of a text file."""
    file = Path(file)
    if not file.is_file():
        raise FileNotFoundError(f"no label file {file.name} in the folder {file.parent.name}")
    try:
        *lines, rest = enumerate(file.read_text(encoding="utf-8").split("\n"), 1)
    except UnicodeDecodeError as err:
        what = otherwise(file, "text")
        raise ValueError(f"{file.name}: not a text file ({err.reason}){what}") from None
    if rest[1]:
        raise ValueError(f"{_at(file, rest[0])}: broken off, the line has no end")
    return lines


def _at(file: str | Path, number: int) -> str:
    """Name a line of a file."""
    return f"{Path(file).name}, line {number}"


def _some(file: str | Path, found: dict) -> dict:
    """Return what was found, if anything was."""
    if not found:
        raise ValueError(f"{Path(file).name}: no entries in it")
    return found
