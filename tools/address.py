"""Where the course is published: `python -m tools.address https://github.com/you/your-course`.

The address stands in `pyproject.toml`, in the set-up text of each notebook and in the README.
"""

import re
import sys
import tomllib
from pathlib import Path

from tools.execute import NOTEBOOKS, ROOT

FORM = r"https://github\.com/([\w.-]+/[\w.-]+)"


def address() -> str:
    """Return the address in `pyproject.toml`."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)["project"]["urls"]["Repository"]


def files() -> list[Path]:
    """Return the files that name the address."""
    return [ROOT / "pyproject.toml", ROOT / "README.md", *sorted(NOTEBOOKS.glob("week*.ipynb"))]


def main(arguments: list[str]) -> int:
    """Replace the address everywhere."""
    new = re.fullmatch(FORM, arguments[0].removesuffix("/")) if len(arguments) == 1 else None
    if not new:
        print("Which? make address ADDRESS=https://github.com/you/your-course", file=sys.stderr)
        return 2
    old = re.fullmatch(FORM, address())[1]
    for path in files():
        before = path.read_text(encoding="utf-8")
        after = re.sub(rf"(?<=/){re.escape(old)}(?![\w.-])", new[1], before)
        if after != before:
            path.write_text(after, encoding="utf-8", newline="\n")
            print(path.relative_to(ROOT))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
