"""runfile_page.py: the names in the chapters of docs/RUNFILE.md, for the checks that try all of them:
check_keras.py, and check_export.py of tests/export."""

import os
import re

SOURCE = os.environ.get("SOURCE_DIR", os.path.join(os.path.dirname(__file__), "..", ".."))
CHAPTERS = {"layer": "Layers", "activation": "Activations", "initializer": "Initializers",
            "regularizer": "Regularizers", "loss": "Losses", "metric": "Metrics",
            "optimizer": "Optimizers", "schedule": "Schedules"}


def check_tried(tried):
    """Ends the program unless each chapter's names, of the kinds in {kind: set of names}, were tried."""
    with open(os.path.join(SOURCE, "docs", "RUNFILE.md"), encoding="utf-8") as file:
        text = file.read()
    for kind, names_tried in tried.items():
        title = CHAPTERS[kind]
        section = re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", text, re.M | re.S)
        if not section:
            raise SystemExit(f"docs/RUNFILE.md has no section {title}")
        names = set(re.findall(r"^### `(\w+)`", section[1], re.M))
        names = names or set(re.findall(r"^\| `(\w+)` \|", section[1], re.M))
        if not names or names - names_tried:
            raise SystemExit(f"{title} that no case tries: {sorted(names - names_tried)}")
