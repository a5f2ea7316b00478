from __future__ import annotations

import operator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_folder_named_operator_does_not_shadow_the_standard_library() -> None:
    assert Path(operator.__file__).parent != ROOT / "operator"
    assert {path.name for path in (ROOT / "operator").glob("*.py")} == set()
