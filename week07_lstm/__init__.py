"""Week 7 — LSTM.

| module   | holds                                                                          |
|----------|--------------------------------------------------------------------------------|
| `tasks`  | two made-up tasks that need a memory: a marked letter, two numbers to add      |
| `text`   | the Zen of Python as characters, windows of it, known words                    |
| `plots`  | the figures of this week                                                       |
| `checks` | the checks of this week's exercises                                            |

The recurrent cells themselves stand in the notebook.
"""

from week02_basics import quiet as quiet  # before any module imports Keras

import tensorflow as tf

with quiet.muted_stderr():  # Keras transposes masks, and oneDNN logs once that it leaves that alone
    tf.transpose(tf.constant([[True, False], [True, True]]))
