"""Week 10 — TFRecord pipelines, several tasks in one network, and several processes.

| module      | holds                                                                    |
|-------------|--------------------------------------------------------------------------|
| `captchas`  | captchas, the same ones for the same seed                                 |
| `processes` | processes that are watched: plain words if one dies, none left behind     |
| `writing`   | shards written at once or not at all, by several processes; the manifest  |
| `faults`    | which record of which file is broken, and reading past it                 |
| `feeding`   | image files, rates, and a stopwatch that sees who waits for whom          |
| `service`   | a `tf.data` service on this machine                                       |
| `training`  | the training that a cluster's worker does, the same for any cluster size  |
| `worker`    | one worker of a cluster, as a script                                      |
| `launch`    | the script that starts one worker, or all of them on this machine         |
| `study`     | two studies whose tables the lesson draws                                 |
| `drawings`  | the schematics of this week                                               |
| `plots`     | the measured figures of this week                                         |
| `checks`    | the checks of this week's exercises                                       |
"""

from week02_basics import quiet as quiet  # before any module imports TensorFlow
