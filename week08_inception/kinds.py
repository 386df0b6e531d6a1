"""What a file is by its first bytes, whatever its name says: for messages that help."""

from pathlib import Path

MAGIC = {  # how files of a kind begin
    b"\x1f\x8b": "a GZIP file: unpack it first",
    b"\x89HDF\r\n\x1a\n": "an HDF5 file, as Keras' `.weights.h5` and old `.h5` are",
    b"PK\x03\x04": "a ZIP file, as `.keras` is",
    b"\x80\x04\x95": "a pickle, which is a program: do not load it",
    b"\x93NUMPY": "a NumPy array, as `.npy` is",
    b"\xff\xd8\xff": "a JPEG picture",
    b"\x89PNG": "a PNG picture",
    b"<": "a page of the web or XML",
}
TABLE = bytes.fromhex("57fb808b247547db")  # how TensorFlow's tables end: V1 checkpoints, `.index`
LITE = b"TFL3"  # bytes 4 to 8 of a TFLite model


def kind(path: str | Path) -> str:
    """Say in a few words what lies at a path; empty if it is none of the kinds known here.

    Args:
        path: a file, a folder, or the prefix of a checkpoint.
    """
    path = Path(path)
    if (path / "saved_model.pb").is_file():
        return "a folder with a SavedModel"
    if path.is_dir():
        return "a folder"
    if path.with_name(f"{path.name}.index").is_file():
        return "the prefix of a checkpoint"
    try:
        with open(path, "rb") as file:
            begins = file.read(16)
            file.seek(-min(8, path.stat().st_size), 2)
            ends = file.read()
    except OSError:
        return ""
    if not begins:
        return "an empty file"
    if begins[4:8] == LITE:
        return "a TFLite model"
    if ends == TABLE:
        index = path.suffix == ".index"
        return "the index of a checkpoint" if index else "a checkpoint of TensorFlow's version 1"
    return next((what for magic, what in MAGIC.items() if begins.startswith(magic)), "")


def otherwise(path: str | Path, wanted: str) -> str:
    """Return `; it is a GZIP file, …` for a message, or nothing if the kind is not known or right.

    Args:
        path: what was read.
        wanted: how the right kind begins, such as `"a ZIP file"`.
    """
    found = kind(path)
    return f"; it is {found}" if found and not found.startswith(wanted) else ""
