"""Week 8's downloads and archives: servers that misbehave, and archives that mean harm."""

import contextlib
import hashlib
import os
import tarfile
import time
from pathlib import Path
from types import SimpleNamespace

from week03_regression import digits
from week08_inception import archive, labels, naughty, standin
from week08_inception.archive import GRAPH, Archive, install, missing, unpack
from week08_inception.download import Refused, bar, blob_id, fault, fetch

import numpy as np
import pytest

BODY = np.random.default_rng(0).bytes(700_000)
BLOB = hashlib.sha1(b"blob 700000\0" + BODY).hexdigest()
GOOD = standin.members()


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    """No proxies, and little patience."""
    monkeypatch.setattr(digits, "PATIENCE", 1.0)
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def target(tmp_path) -> Path:
    return tmp_path / "models" / "file.tgz"


def left_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*")) if folder.exists() else []


def get(url: str, target: Path, **how) -> str:
    return fetch(url, target, **{"size": len(BODY), "blob": BLOB} | how)


# --- what goes well -----------------------------------------------------------------------------


def test_git_blob_ids(tmp_path):
    """The ids that git gives to an empty file and to `hello`."""
    (tmp_path / "a").write_bytes(b"")
    assert blob_id(tmp_path / "a") == "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"
    (tmp_path / "a").write_bytes(b"hello\n")
    assert blob_id(tmp_path / "a") == "ce013625030ba8dba906f756967f9e9ca394464a"


def test_a_download_is_checked_and_kept(target):
    with naughty.server(BODY) as served:
        assert get(served.url, target) == "downloaded"
        assert get(served.url, target) == "already there"
    assert target.read_bytes() == BODY and left_in(target.parent) == ["file.tgz"]
    assert len(served.requests) == 1


def test_progress_draws_one_line_whatever_the_pieces(target, capsys):
    with naughty.server(BODY, "closes early") as served:
        with pytest.raises(ConnectionError, match="broke off after 350,000 of 700,000"):
            get(served.url, target, progress=bar("file.tgz", 20))
        assert capsys.readouterr().out == "file.tgz [##########"
        assert (
            get(served.url, target, progress=bar("file.tgz", 20)) == "resumed after 350,000 bytes"
        )
    assert capsys.readouterr().out == "file.tgz [==========##########] 0.7 MB\n"
    assert "Range: bytes=350000-" in served.requests[1]
    assert target.read_bytes() == BODY and left_in(target.parent) == ["file.tgz"]


@pytest.mark.hostile
@pytest.mark.parametrize("second", ["no range", ""])
def test_a_part_of_something_else_ends_in_a_clean_restart(target, second):
    """Whether the server resumes or not, a wrong beginning costs a second download, not the file."""
    target.parent.mkdir()
    part = target.with_name("file.tgz.part")
    part.write_bytes(bytes(100_000))
    with naughty.server(BODY, second) as served:
        get(served.url, target)
    assert target.read_bytes() == BODY and left_in(target.parent) == ["file.tgz"]
    part.write_bytes(BODY + b"too long")
    target.unlink()
    with naughty.server(BODY) as served:
        assert get(served.url, target) == "downloaded"


@pytest.mark.hostile
def test_a_whole_part_needs_no_request_and_one_that_is_longer_than_the_file_goes(target):
    """A process may be killed between the last byte and the new name."""
    target.parent.mkdir()
    part = target.with_name("file.tgz.part")
    part.write_bytes(BODY)
    with naughty.server(BODY) as served:
        assert get(served.url, target) == "resumed after 700,000 bytes"
    assert target.read_bytes() == BODY and not served.requests
    target.unlink()
    part.write_bytes(BODY[:1000])
    with naughty.server(BODY[:500]) as served, pytest.raises(Refused, match="has 500 bytes"):
        get(served.url, target)
    assert "bytes=1000-" in served.requests[0] and left_in(target.parent) == []


@pytest.mark.hostile
def test_a_wrong_range_is_refused_and_started_over(target):
    target.parent.mkdir()
    target.with_name("file.tgz.part").write_bytes(BODY[:1000])
    with naughty.server(BODY, "wrong range") as served:
        assert get(served.url, target) == "downloaded"
    assert target.read_bytes() == BODY and len(served.requests) == 2


def test_a_redirect_on_the_same_host_is_followed(target):
    with naughty.server(BODY, "to /elsewhere/file.tgz") as served:
        assert get(served.url, target) == "downloaded"
    assert served.requests[1].startswith("GET /elsewhere/file.tgz")


def test_without_size_and_hash_what_the_server_announces_must_arrive(target):
    with naughty.server(BODY, "closes early", "no length") as served:
        with pytest.raises(ConnectionError, match="broke off"):
            fetch(served.url, target)
        with pytest.raises(Refused, match="does not say how long"):
            fetch(served.url, target)
        assert fetch(served.url, target) == "downloaded"
    assert target.read_bytes() == BODY


# --- what does not ------------------------------------------------------------------------------


@pytest.mark.hostile
@pytest.mark.parametrize("cached", [None, b"the good old copy"], ids=["empty", "cached"])
@pytest.mark.parametrize(
    ("mishap", "error", "words", "part"),
    [
        ("404", ConnectionError, "404", False),
        ("500", ConnectionError, "500", False),
        ("closes early", ConnectionError, "broke off after 350,000", True),
        ("says less", Refused, "has 699,999 bytes, not 700,000", False),
        ("says more", Refused, "has 700,001 bytes, not 700,000", False),
        ("no length", Refused, "does not say how long", False),
        ("other content", Refused, "git blob id", False),
        ("silent", (TimeoutError, ConnectionError), None, False),
        ("stalls", (TimeoutError, ConnectionError), None, True),
        ("trickles", TimeoutError, "did not answer", True),
        ("garbage", ConnectionError, None, False),
        ("hangs up", ConnectionError, None, False),
        ("to https://example.org/file.tgz", Refused, "another host, example.org", False),
        ("to http://localhost:9/file.tgz", Refused, "another host, localhost", False),
        ("to ftp://127.0.0.1/file.tgz", Refused, "another host", False),
    ],
)
def test_a_server_that_misbehaves(target, cached, mishap, error, words, part):
    if cached:
        target.parent.mkdir()
        target.write_bytes(cached)
    start = time.monotonic()
    with naughty.server(BODY, mishap) as served, pytest.raises(error, match=words) as caught:
        get(served.url, target)
    assert time.monotonic() - start < 8
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 250
    there = (["file.tgz"] if cached else []) + (["file.tgz.part"] if part else [])
    assert left_in(target.parent) == there
    assert not cached or target.read_bytes() == cached


@pytest.mark.hostile
def test_redirects_in_circles_end(target):
    with (
        naughty.server(BODY, *["to /again"] * 20) as served,
        pytest.raises(Refused, match="circles"),
    ):
        get(served.url, target)
    assert len(served.requests) == 6


@pytest.mark.hostile
@pytest.mark.parametrize("url", ["http://example.org/a.tgz", "ftp://example.org/a", "file:///a"])
def test_only_https_from_elsewhere(target, url):
    with pytest.raises(Refused, match="only https"):
        get(url, target)
    assert left_in(target.parent) == []


@pytest.mark.hostile
def test_nobody_listens(target):
    with pytest.raises(ConnectionError, match=r"file\.tgz"):
        get("http://127.0.0.1:9/file.tgz", target)
    assert left_in(target.parent) == []


def test_no_room(target, monkeypatch):
    monkeypatch.setattr("shutil.disk_usage", lambda path: SimpleNamespace(free=10))
    with naughty.server(BODY) as served, pytest.raises(OSError, match="not enough room"):
        get(served.url, target)
    assert left_in(target.parent) == []


# --- archives -----------------------------------------------------------------------------------


def facts_of(content: bytes, **how) -> Archive:
    return standin.facts_of(content)._replace(**how)


@pytest.fixture
def place(tmp_path) -> Path:
    """A folder that holds a good copy, and beside it a file that nobody may touch."""
    outer = tmp_path / "outer"
    (outer / "models").mkdir(parents=True)
    (outer / "secret.txt").write_text("secret")
    return outer / "models" / "inception"


@pytest.mark.hostile
@pytest.mark.parametrize("copy", [False, True], ids=["empty", "good copy"])
@pytest.mark.parametrize("kind", naughty.HOSTILE)
def test_hostile_archives_leave_nothing(tmp_path, place, kind, copy):
    if copy:
        content = naughty.pack(GOOD)
        (tmp_path / "good.tgz").write_bytes(content)
        unpack(facts_of(content), tmp_path / "good.tgz", place)
    before = {path: path.read_bytes() for path in place.parent.parent.rglob("*") if path.is_file()}
    content = naughty.hostile(kind, GOOD)
    file = tmp_path / "a.tgz"
    file.write_bytes(content)
    with pytest.raises(Refused, match=r"a\.tgz"):
        unpack(facts_of(content), file, place)
    after = {path: path.read_bytes() for path in place.parent.parent.rglob("*") if path.is_file()}
    assert after == before
    assert place.is_dir() == copy
    assert not Path("/week08-evil.txt").exists()
    assert [path.name for path in place.parent.iterdir()] == (["inception"] if copy else [])


def test_the_filter_alone_is_deceived_by_a_chain_of_links_or_sees_it(tmp_path):
    """What the lesson says of `filter="data"`: it depends on Python's version."""
    (tmp_path / "a.tgz").write_bytes(naughty.hostile("long chain of links", GOOD))
    into = tmp_path / "outer" / "new"
    refused = contextlib.suppress(tarfile.TarError, OSError)
    with tarfile.open(tmp_path / "a.tgz", "r:gz") as tar, refused:
        tar.extractall(into, filter="data")
    escaped = (tmp_path / "outer" / "evil.txt").exists()
    strict = hasattr(os.path, "ALLOW_MISSING")  # came with the fixes of 2025
    assert escaped != strict


def test_an_unknown_kind_of_archive_is_named():
    with pytest.raises(ValueError, match="no hostile archive 'nice'"):
        naughty.hostile("nice", GOOD)


def test_an_archive_is_not_opened_unless_size_and_id_are_right(tmp_path, place, monkeypatch):
    content = naughty.pack(GOOD)
    (tmp_path / "a.tgz").write_bytes(content)
    monkeypatch.setattr(archive.tarfile, "open", lambda *a, **k: pytest.fail("opened"))
    for wrong in ({"size": 1}, {"blob": "0" * 40}):
        with pytest.raises(Refused):
            unpack(facts_of(content, **wrong), tmp_path / "a.tgz", place)


@pytest.mark.hostile
@pytest.mark.parametrize("gone", list(GOOD))
def test_what_should_be_in_it_must_be_in_it(tmp_path, place, gone):
    content = naughty.pack({name: data for name, data in GOOD.items() if name != gone})
    (tmp_path / "a.tgz").write_bytes(content)
    with pytest.raises(Refused, match=gone):
        unpack(facts_of(content), tmp_path / "a.tgz", place)
    assert not place.exists()


@pytest.mark.hostile
def test_another_graph_is_refused(tmp_path, place):
    content = naughty.pack(GOOD | {GRAPH: b"another graph"})
    (tmp_path / "a.tgz").write_bytes(content)
    with pytest.raises(Refused, match="git blob id"):
        unpack(facts_of(content), tmp_path / "a.tgz", place)


def test_a_folder_is_replaced_as_a_whole(tmp_path, place):
    place.mkdir()
    (place / GRAPH).write_bytes(b"old and damaged")
    (place / "rubbish").write_bytes(b"")
    content = naughty.pack(GOOD)
    (tmp_path / "a.tgz").write_bytes(content)
    unpack(facts_of(content), tmp_path / "a.tgz", place)
    assert left_in(place) == sorted(GOOD)
    assert [path.name for path in place.parent.iterdir()] == ["inception"]


def test_install_downloads_unpacks_and_is_idle_the_next_time(tmp_path, place):
    content = naughty.pack(GOOD)
    with naughty.server(content, "closes early") as served:
        facts = facts_of(content, url=served.url)
        with pytest.raises(ConnectionError, match="broke off"):
            install(facts, place)
        assert not place.exists()
        assert install(facts, place).startswith("resumed after")
        assert install(facts, place) == "already there"
    assert missing(facts, place) == "" and len(served.requests) == 2
    assert [path.name for path in place.parent.iterdir()] == ["inception"]
    (place / GRAPH).write_bytes(b"changed")
    assert "git blob id" in missing(facts, place)
    (place / labels.WORDS).unlink()
    assert labels.WORDS in missing(facts, place)


def test_the_facts_can_be_injected(tmp_path, monkeypatch):
    monkeypatch.delenv(archive.FACTS, raising=False)
    assert archive.facts() == archive.INCEPTION
    assert (archive.INCEPTION.size, archive.INCEPTION.url[:8]) == (88_931_400, "https://")
    (tmp_path / "f.json").write_text('{"url": "u", "size": 1, "blob": "b", "graph_blob": "g"}')
    monkeypatch.setenv(archive.FACTS, str(tmp_path / "f.json"))
    assert archive.facts() == Archive("u", 1, "b", "g")


def test_fault_says_what_is_wrong(tmp_path):
    file = tmp_path / "a"
    assert fault(file, 1, None) == "a is not there"
    file.write_bytes(b"xy")
    assert fault(file, 1, None) == "a has 2 bytes instead of 1"
    assert "git blob id is not 0" in fault(file, 2, "0" * 40)
    assert fault(file, 2, blob_id(file)) == fault(file, None, None) == ""
