"""Several workers as real processes over loopback: equal to one, and what happens when one dies."""

import os
import signal
import subprocess
import sys
import time

from week02_basics.taught import taught
from week10_tfrecord import launch, training, writing

import numpy as np
import psutil
import pytest

JOB = {"steps": 8, "batch": 32, "streams": 2, "seed": 3}


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """160 captchas in four shards: an epoch has five steps, so eight steps cross into a second."""
    folder = tmp_path_factory.mktemp("data")
    writing.write_captchas(folder, 160, seed=3, shards=4, workers=1, progress=False)
    return folder


@pytest.fixture(scope="module")
def one(data):
    """The run in one process that all others are compared with."""
    return training.train(data, **JOB)


def assert_close(losses, one, steps):
    for step in steps:
        assert losses[step] == pytest.approx(one.losses[step], abs=1e-5), step


def test_one_process_repeats_itself_and_learns_from_each_file(data, one):
    again = training.train(data, **JOB)
    np.testing.assert_allclose(again.weights, one.weights, atol=1e-5)
    assert sorted(one.files) == [s["file"] for s in writing.read_manifest(data)["shards"]]
    assert list(one.losses) == list(range(1, 9))


def test_streams_are_shared_evenly_or_not_at_all():
    files = list("abcdef")
    assert training.share(files, 2, 0, 1) == [["a", "c", "e"], ["b", "d", "f"]]
    assert training.share(files, 2, 1, 2) == [["b", "d", "f"]]
    for streams, workers in [(3, 2), (8, 2), (0, 1)]:
        with pytest.raises(ValueError, match="cannot be shared"):
            training.share(files, streams, 0, workers)


def test_an_epoch_holds_each_image_once(data):
    week = taught(writing.WEEK)
    files = [str(data / shard["file"]) for shard in writing.read_manifest(data)["shards"]]

    def images(workers, replicas):
        """Return the global batches of an epoch, each as a set of images."""
        parts = [
            [
                [image.tobytes() for image in x.numpy()]
                for x, _ in training.epoch_of(
                    week.read, training.share(files, 4, w, workers), 8, replicas, seed=1
                )
            ]
            for w in range(workers)
        ]
        assert all(len(part) == 5 * replicas for part in parts)
        return [
            {
                image
                for part in parts
                for r in range(replicas)
                for image in part[step * replicas + r]
            }
            for step in range(5)
        ]

    whole = images(1, 1)
    assert len(set.union(*whole)) == 160 and all(len(batch) == 32 for batch in whole)
    assert images(2, 1) == images(2, 2) == images(4, 1) == images(1, 4) == whole


def test_two_devices_of_one_machine_compute_what_one_computes(data, one):
    """`strategy()` over two logical devices, in a process of its own."""
    code = (
        "import sys, tensorflow as tf\n"
        "cpu = tf.config.list_physical_devices('CPU')[0]\n"
        "two = [tf.config.LogicalDeviceConfiguration()] * 2\n"
        "tf.config.set_logical_device_configuration(cpu, two)\n"
        "from week02_basics.start import strategy\n"
        "from week10_tfrecord import training\n"
        f"run = training.train(sys.argv[1], **{JOB}, strategy=strategy(['CPU:0', 'CPU:1']))\n"
        "print(*(loss.hex() for loss in run.losses.values()))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(data)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    losses = [float.fromhex(loss) for loss in done.stdout.split()]
    assert_close(dict(enumerate(losses, 1)), one, range(1, 9))


def test_two_workers_compute_what_one_computes(data, one):
    two = launch.local(JOB | {"folder": data}, 2)
    assert two[0]["losses"] == two[1]["losses"] and two[0]["digest"] == two[1]["digest"]
    assert_close(two[0]["losses"], one, range(1, 9))
    read = two[0]["files"] + two[1]["files"]
    assert sorted(read) == [shard["file"] for shard in writing.read_manifest(data)["shards"]]


@pytest.mark.hostile
@pytest.mark.parametrize("victim", [0, 1], ids=["chief", "other"])
def test_a_killed_worker_is_named_and_the_run_resumes(victim, data, one, tmp_path):
    job = JOB | {"folder": data, "checkpoints": tmp_path, "every": 3}
    workers, killed = {}, []

    def kill(name, line, process):
        workers[name] = process
        if name.startswith(f"worker {victim}") and line.startswith("step 5 "):
            killed.append(time.monotonic())
            process.kill()

    name = "worker 0 (the chief)" if victim == 0 else "worker 1"
    with pytest.raises(launch.WorkerFailed) as caught:
        launch.local(job, 2, on_line=kill)
    assert time.monotonic() - killed[0] < 60
    assert str(caught.value).startswith(f"{name} was killed by SIGKILL after 'step ")
    assert "the others have been stopped" in str(caught.value)
    assert len(workers) == 2 and all(process.poll() is not None for process in workers.values())

    resumed = training.train(**job)
    assert min(resumed.losses) == 4, "the checkpoint of step 3 is where it goes on"
    assert_close(resumed.losses, one, range(4, 9))
    # Up to the checkpoint two workers rounded otherwise than one, which may tip a tie in max-pooling
    # and with it a few weights; a step lost would move some by more than 1e-3.
    gaps = np.abs(resumed.weights - one.weights)
    assert gaps.max() < 3e-4
    assert np.mean(gaps > 1e-5) < 1e-3


@pytest.mark.hostile
def test_a_lost_worker_is_replaced(data, one, tmp_path):
    """All start again, once, and end where the unbroken run ends; the second loss is too many."""
    job, told = JOB | {"folder": data, "checkpoints": tmp_path, "every": 3}, []

    def kill(name, line, process):
        if len(told) < 1 and name == "worker 1" and line.startswith("step 5 "):
            process.kill()

    results = launch.local(job, 2, restarts=1, told=told.append, on_line=kill)
    assert len(told) == 1 and str(told[0]).startswith("worker 1 was killed by SIGKILL")
    assert_close(results[0]["losses"], one, range(4, 9))


def test_restarts_are_counted():
    tries = []

    def run():
        tries.append(1)
        raise launch.WorkerFailed("gone")

    with pytest.raises(launch.WorkerFailed):
        launch.lasting(run, 2, lambda err: None)
    assert len(tries) == 3


@pytest.mark.hostile
def test_each_machine_has_a_launcher_that_says_who_died(data, tmp_path):
    """Two launchers, as on two machines; one worker is killed, the other's launcher tells."""
    addresses = [f"127.0.0.1:{port}" for port in launch.free_ports(2)]
    command = [sys.executable, "-m", "week10_tfrecord.launch", "--workers", *addresses]
    command += ["--data", str(data), "--steps", "100000", "--batch", "32", "--index"]
    launchers = [
        subprocess.Popen(
            [*command, str(i)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for i in range(2)
    ]
    try:
        for launcher in launchers:
            assert launcher.stdout.readline().startswith("step 1 loss ")
        (worker,) = psutil.Process(launchers[1].pid).children()
        started = time.monotonic()
        os.kill(worker.pid, signal.SIGKILL)
        (_, own), (_, other) = (launcher.communicate(timeout=60) for launcher in launchers[::-1])
        assert time.monotonic() - started < 60
        assert own.startswith("worker 1 was killed by SIGKILL")
        assert f"worker 1 at {addresses[1]} no longer answers" in other
        assert [launcher.returncode for launcher in launchers] == [1, 1]
    finally:
        for launcher in launchers:
            launcher.kill()


def test_the_launcher_says_what_is_wrong_with_its_arguments(tmp_path, capsys):
    assert launch.main(["--data", str(tmp_path), "--steps", "1"]) == 1
    assert "never finished" in capsys.readouterr().err


def test_fit_still_needs_a_step_of_ones_own():
    """Keras issue 20585; when this fails, `fit` runs and the lesson can say so."""
    code = (
        "import week02_basics, tensorflow as tf, os\n"
        "where = tf.distribute.MultiWorkerMirroredStrategy()\n"
        "with where.scope():\n"
        "    model = tf.keras.Sequential([tf.keras.Input([2]), tf.keras.layers.Dense(1)])\n"
        "    model.compile('sgd', 'mse')\n"
        "try:\n"
        "    model.fit(tf.ones([8, 2]), tf.ones([8, 1]), batch_size=4, verbose=0)\n"
        "    print('fit runs', flush=True)\n"
        "except Exception as err:\n"
        "    print(type(err).__name__, str(err)[:200].replace(chr(10), ' '), flush=True)\n"
        "os._exit(0)\n"
    )
    addresses = [f"127.0.0.1:{port}" for port in launch.free_ports(2)]
    said = []
    launch.processes.run(
        {f"worker {i}": [sys.executable, "-c", code] for i in range(2)},
        lambda name, line, process: said.append(line),
        env={f"worker {i}": {"TF_CONFIG": launch.tf_config(addresses, i)} for i in range(2)},
    )
    assert len(said) == 2 and all("PerReplica" in line for line in said), said
