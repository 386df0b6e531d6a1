"""The command: `python -m week09_transfer PHOTOS --out model.keras`."""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from week02_basics.tables import situation
from week08_inception.saving import load_model
from week09_transfer import bodies, classifier, flowers, photos, report

import numpy as np

SIDE = 224
ARGUMENTS = argparse.ArgumentParser(
    prog="python -m week09_transfer",
    description="Train a classifier on a folder with one subfolder of photos for each class.",
)
ARGUMENTS.add_argument("photos", nargs="?", metavar="PHOTOS", help="the folder")
ARGUMENTS.add_argument("--out", metavar="FILE.keras", help="where the classifier is saved")
ARGUMENTS.add_argument("--use", metavar="FILE.keras", help="name PHOTOS with a saved classifier")
ARGUMENTS.add_argument("--test", metavar="FOLDER", help="a second folder to test with")
ARGUMENTS.add_argument("--body", metavar="FILE.keras", help="pixels to features, for MobileNet's")
ARGUMENTS.add_argument("--cache", metavar="FOLDER", help="keep the features for the next run")
ARGUMENTS.add_argument("--skip", action="store_true", help="leave out files that cannot be read")
ARGUMENTS.add_argument(
    "--keep-copies", action="store_true", help="photos that look like copies are different ones"
)
ARGUMENTS.add_argument("--fine-tune", action="store_true", help="then train the whole network")
ARGUMENTS.add_argument("--flowers", action="store_true", help="fetch the flowers (229 MB) first")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return 0, or 1 after one line on stderr that says what is wrong."""
    given = ARGUMENTS.parse_args(arguments)
    try:
        if given.flowers:
            given.photos = given.photos or str(flowers.install())
        if not given.photos or not (given.out or given.use):
            raise ValueError("name a folder of photos, and --out FILE.keras (or --use FILE.keras)")
        if given.use:
            _use(given)
        else:
            _train(given)
    except (OSError, ValueError, FloatingPointError) as err:
        print(f"week09_transfer: {' '.join(str(err).split())}", file=sys.stderr)
        return 1
    return 0


def _train(given: argparse.Namespace) -> None:
    """Read, split, compute features, train, save, report."""
    out = Path(given.out)
    if out.suffix != ".keras" or not out.parent.is_dir():
        raise ValueError(f"{out}: --out needs a name in a folder that is there, ending with .keras")
    network = load_model(given.body) if given.body else bodies.mobilenet(SIDE)
    side = network.input_shape[1]
    how = {"skip": given.skip, "keep_copies": given.keep_copies}
    read = photos.read_folder(given.photos, side, progress=_dots("reading"), **how)
    if given.test:
        test = photos.read_folder(given.test, side, progress=_dots("reading test"), **how)
        photos.apart(read, test, keep_copies=given.keep_copies)
        training = read
    else:
        for_training, for_test = photos.split(read.labels)
        training, test = read.only(for_training), read.only(for_test)
    notes = [*read.notes, *(test.notes if given.test else [])]
    for note in notes:
        print(note)
    print(f"{len(training.files)} photos to train with, {len(test.files)} to test with")

    with tempfile.TemporaryDirectory() as scratch:
        features = bodies.kept(network, training.pixels, given.cache or scratch)
    head = classifier.fit_head(features, training.labels, len(training.classes))
    model = classifier.with_head(network, head)
    if given.fine_tune:
        print("fine-tuning", flush=True)
        model, best = classifier.fine_tune(network, head, training.pixels, training.labels)
        situation(f"fine-tuned: the weights after epoch {best} are kept", holds=best >= 0)
    answers = classifier.named(model, training.classes)
    probability = classifier.probabilities(answers, test.pixels)
    page = out.with_suffix(".html")
    report.write(page, test, probability, notes)
    classifier.save(answers, out)
    right = int(np.sum(probability.argmax(axis=1) == test.labels))
    situation(f"{right} of them are named right", holds=right <= len(test.files))
    print(f"saved {out.name}, report in {page.name}")


def _use(given: argparse.Namespace) -> None:
    """Print a line for each picture: file, name, probability."""
    model = classifier.load(given.use)
    for said in classifier.classify(model, given.photos):
        if said.reason:
            print(f"not read: {said.reason}")
        else:
            print(f"{said.file.name}: {said.name} ({said.probability:.0%})")


def _dots(name: str) -> photos.Progress:
    """Return a progress function that prints at each tenth."""

    def progress(done: int, count: int) -> None:
        if done == count or done * 10 // count > (done - 1) * 10 // count:
            print(f"{name}: {done} of {count}", flush=True)

    return progress


if __name__ == "__main__":
    sys.exit(main())
