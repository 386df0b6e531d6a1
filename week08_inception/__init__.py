"""Week 8 — Save, restore, freeze; recognising images with Inception-v3.

| module       | holds                                                                   |
|--------------|-------------------------------------------------------------------------|
| `saving`     | what a saved file holds, and restoring that checks before it changes    |
| `kinds`      | what a file is by its first bytes                                       |
| `fresh`      | a second Python process, in which the lesson restores what it saved     |
| `download`   | a download that resumes, is checked, and lands in one step              |
| `archive`    | Google's Inception-v3 archive: its facts, fetched, unpacked with care   |
| `labels`     | from a node of the network to a name                                    |
| `frozen`     | frozen graphs: read, run in TensorFlow 2, listed, logged                |
| `pictures`   | pictures drawn by code, and files that are no pictures                  |
| `panda`      | a panda drawn by code, and variants of any drawing                      |
| `images`     | an image file made ready for a recogniser, or the reason why not        |
| `recogniser` | Inception-v3, MobileNet or our own digits network behind one interface  |
| `naughty`    | a local server that misbehaves as told, and hostile archives            |
| `standin`    | an archive with random weights in the shape of Google's, for tests      |
| `study`      | how long each way to run Inception-v3 takes, stored in `speed.csv`      |
| `drawings`   | what is explained, before its code                                      |
| `plots`      | the figures of this week                                                |
| `checks`     | the checks of this week's exercises                                     |
"""

from week02_basics import quiet as quiet  # before any module imports TensorFlow
