"""What another process makes of the saved files: `python -m week08_inception.fresh FOLDER`.

A fresh interpreter restores every format, predicts, and goes on training; then its disk fills up in
the middle of a save, and at last it is killed in the middle of another one.
"""

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np

DATA, RESULT = "data.npz", "result.npz"
LIMIT = 60_000  # bytes that a file may have once the disk is full


class Fresh(NamedTuple):
    """What a fresh process brought back."""

    predictions: dict[str, np.ndarray]  # by format, for the test images
    losses: dict[str, np.ndarray]  # of the steps after the interruption, by what was restored
    said: list[str]  # what it printed
    code: int  # negative: the signal that ended it


def run(folder: Path, **data: np.ndarray) -> Fresh:
    """Let a fresh process restore what lies in a folder.

    Args:
        folder: holds what `main` restores.
        data: arrays that it needs: images, labels, order, rates (from the interruption on), test.

    Raises:
        RuntimeError: it failed before it had a result; the message is its error.
    """
    np.savez(folder / DATA, **data)
    (folder / RESULT).unlink(missing_ok=True)
    done = subprocess.run(
        [sys.executable, "-m", "week08_inception.fresh", str(folder)],
        capture_output=True,
        text=True,
        cwd=Path(__file__).resolve().parents[1],
    )
    if not (folder / RESULT).exists():
        raise RuntimeError(done.stderr.strip()[-1500:])
    with np.load(folder / RESULT) as result:
        kinds = {"predictions": {}, "losses": {}}
        for key in result.files:
            kind, name = key.split(":", 1)
            kinds[kind][name] = result[key]
    return Fresh(**kinds, said=done.stdout.splitlines(), code=done.returncode)


def main(folder: Path) -> None:
    """Restore every format from a folder, predict, train on, and come to a bad end."""
    from week02_basics.taught import taught
    from week06_cnn.training import logits, train
    from week08_inception import saving

    import tensorflow as tf

    tf.keras.utils.set_random_seed(1)  # another seed than the notebook's
    tf.config.experimental.enable_op_determinism()
    week, tf1 = taught("week08_inception"), tf.compat.v1
    with np.load(folder / DATA) as file:
        data = dict(file)
    test, result = data["test"], {}
    latest = tf.train.latest_checkpoint(folder / "checkpoints")

    with tf.Graph().as_default(), tf1.Session() as sess:
        prefix = str(folder / "then" / "digits.ckpt")
        tf1.train.import_meta_graph(f"{prefix}.meta").restore(sess, prefix)
        pixels = test.reshape(-1, 784) / np.float32(255)
        result["predictions:tf1.train.Saver"] = sess.run("logits:0", {"x:0": pixels})

    def resume(name: str, model, optimizer) -> None:
        result[f"losses:{name}"] = train(
            model,
            data["images"],
            data["labels"],
            optimizer=optimizer,
            order=data["order"],
            rates=data["rates"],
        )

    model, optimizer = week.new_run()
    everything = week.checkpoint_of(model, optimizer)
    saving.restore(everything, latest)
    result["predictions:tf.train.Checkpoint"] = logits(model, test)
    resume("everything", model, optimizer)

    model, optimizer = week.new_run()
    saving.restore(week.checkpoint_of(model, optimizer, seeds=False), latest, partial=True)
    resume("all but the dropout's seeds", model, optimizer)

    model, optimizer = week.new_run()
    saving.load_weights(model, folder / "model.weights.h5")
    result["predictions:.weights.h5"] = logits(model, test)
    resume("the weights alone", model, optimizer)

    model = saving.load_model(folder / "model.keras")
    result["predictions:.keras"] = logits(model, test)
    resume(".keras", model, model.optimizer)

    exported = tf.saved_model.load(folder / "exported")
    result["predictions:SavedModel"] = exported.serve(test[..., None].astype(np.float32)).numpy()

    np.savez(folder / "unfinished.npz", **result)
    os.replace(folder / "unfinished.npz", folder / RESULT)
    with contextlib.suppress(ImportError):  # Windows has no such limit
        bad_end(everything, model, folder)


def bad_end(checkpoint, model, folder: Path) -> None:
    """Save onto a full disk, then be killed while saving."""
    import resource

    from week08_inception import saving

    import tensorflow as tf

    manager = tf.train.CheckpointManager(checkpoint, folder / "checkpoints", max_to_keep=3)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (LIMIT, resource.RLIM_INFINITY))
    try:
        saving.save(manager)
    except OSError as err:
        print(err, flush=True)
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)  # from now on it is not an error but the end
    model.save_weights(folder / "overwritten.weights.h5")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
