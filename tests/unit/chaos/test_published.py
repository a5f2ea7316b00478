"""The page that is published shows the results that are published."""

from __future__ import annotations

import json
from pathlib import Path

from tests.chaos.table import page

ROOT = Path(__file__).resolve().parents[3]


def test_the_page_is_that_of_the_results() -> None:
    found = json.loads((ROOT / "bench" / "results" / "faults.json").read_text())

    assert (ROOT / "docs" / "faults.md").read_text() == page(found)
