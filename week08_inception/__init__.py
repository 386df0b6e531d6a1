"""Week 8 — Save, restore, freeze; recognising images with Inception-v3.

| module       | holds                                                                   |
|--------------|-------------------------------------------------------------------------|
| `saving`     | what a saved file holds, and restoring that checks before it changes    |
| `resume`     | the run that is stopped and continued, and its twin in a fresh process  |
| `download`   | a download that resumes, is checked, and lands in one step              |
| `archive`    | Google's Inception-v3 archive: its facts, fetched, unpacked with care   |
| `labels`     | from a node of the network to a name                                    |
| `frozen`     | frozen graphs: read, run in TensorFlow 2, listed, logged                |
| `pictures`   | pictures drawn by code                                                  |
| `images`     | an image file made ready for a recogniser, or the reason why not        |
| `recogniser` | Inception-v3, MobileNet or our own digits network behind one interface  |
| `naughty`    | a local server that misbehaves as told, and hostile archives            |
| `standin`    | an archive with random weights in the shape of Google's, for tests      |
| `plots`      | the figures of this week                                                |
| `checks`     | the checks of this week's exercises                                     |
"""

from week02_basics import quiet as quiet  # before any module imports TensorFlow
