"""Week 9 — Your own network, three ways: from scratch, frozen with a new head, fine-tuned.

| module       | holds                                                                     |
|--------------|---------------------------------------------------------------------------|
| `gpu`        | what makes a GPU work, and what is missing where none is found            |
| `bodies`     | pretrained networks that turn pictures into features, and their cache     |
| `photos`     | a folder per class read into pixels and labels, or every reason why not   |
| `flowers`    | the flowers data set, official on request, drawn by code otherwise        |
| `drawn`      | flowers drawn by code                                                     |
| `classifier` | a head on a body as one file that answers with names                      |
| `report`     | confusion matrix and worst mistakes as one HTML page                      |
| `__main__`   | the command `python -m week09_transfer PHOTOS --out model.keras`          |
| `drawings`   | the drawings: what is explained, before its code                          |
| `plots`      | the figures of this week                                                  |
| `study`      | the runs behind three figures: `python -m week09_transfer.study`          |
| `checks`     | the checks of this week's exercises                                       |
"""

from week02_basics import quiet as quiet  # before any module imports Keras
