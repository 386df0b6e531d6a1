"""pytest holds the lessons' claims wherever it runs, and whichever part of the tests it runs."""

pytest_plugins = ["tests.claims.plugin"]
