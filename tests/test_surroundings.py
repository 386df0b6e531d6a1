"""Settings from outside: what would change the lessons stops them with the setting's name."""

import json
import os
import subprocess
import sys

from week02_basics import surroundings

import pytest

from tools.execute import ROOT


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    return tmp_path


@pytest.mark.parametrize(
    ("name", "value"),
    [("backend", "jax"), ("image_data_format", "channels_first"), ("floatx", "float16")],
)
def test_a_setting_of_keras_that_changes_lessons_is_named(home, name, value):
    (home / "keras.json").write_text(json.dumps(surroundings.NEEDED | {name: value}))
    with pytest.raises(RuntimeError, match=f'keras.json says "{name}": "{value}".*restart'):
        surroundings.check()


@pytest.mark.parametrize(
    "text", ["", "{", "[1]", '{"epsilon": 1e-7}', json.dumps(surroundings.NEEDED)]
)
def test_what_keras_takes_is_taken(home, text):
    (home / "keras.json").write_text(text)
    surroundings.check()


def test_a_variable_goes_before_the_file_as_in_keras(home, monkeypatch):
    (home / "keras.json").write_text('{"backend": "jax"}')
    monkeypatch.setenv("KERAS_BACKEND", "tensorflow")
    surroundings.check()


def test_another_backend_stops_the_import(home):
    found = subprocess.run(
        [sys.executable, "-c", "import week02_basics"],
        cwd=ROOT,
        env=os.environ | {"KERAS_BACKEND": "torch"},
        capture_output=True,
        text=True,
    )
    assert found.returncode == 1
    last = found.stderr.strip().splitlines()[-1]
    assert last.startswith("RuntimeError: KERAS_BACKEND=torch is set") and "unset" in last


def test_a_home_that_cannot_be_written_to_is_told(home, monkeypatch):
    assert surroundings.where_downloads_go() == ""
    monkeypatch.setenv("KERAS_HOME", str(home / "not" / "there"))
    assert surroundings.where_downloads_go() == ""  # Keras makes it
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert "KERAS_HOME cannot be written to" in surroundings.where_downloads_go()
