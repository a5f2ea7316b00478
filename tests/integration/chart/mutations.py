"""Wrong values for every value of the chart, made from its schema and values.yaml."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from tests.integration.chart.helm import EVERYTHING, with_required
from tests.unit.test_chart_values import SCHEMA, described

BASE = with_required(EVERYTHING)
"""Everything is switched on, so that every value is rendered."""
LEAVES = sorted(path.removeprefix(".") for path in described(SCHEMA))
ENTRY = {"name": "entry"}
WRONG: dict[str, Any] = {
    "null": None,
    "true": True,
    "fraction": 12.5,
    "number": 7,
    "text": "text",
    "list": ["entry"],
    "list of objects": [ENTRY],
    "object": {"an": "object"},
    "empty text": "",
    "blank": " ",
    "lines": "two\nlines",
    "long": "x" * 300,
    "letters": "größe",
    "capitals": "Upper_Case",
    "template": "{{ .Values }} $(HOME) \"quoted' \\",
    "address": "https://host.example/path?query=1#part",
    "user": "https://user:password@host.example",
    "quantity": "20m",
    "no quantity": "20GB",
    "huge quantity": "999999999999Ei",
    "minus one": -1,
    "zero": 0,
    "million": 1_000_000,
    "huge": 10**15,
    "empty list": [],
    "list of null": [None],
    "list of empty": [{}],
    "list twice": ["https://a.example", "https://a.example"],
    "list of numbers": [443, 443],
    "empty object": {},
    "bad key": {"Bad Key": "x"},
    "number inside": {"example.org/key": 1},
    "object inside": {"example.org/key": {"x": "y"}},
    "resource": {"cpu": "1000000"},
}


def put(values: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """These values with another value at a dotted path."""
    changed = deepcopy(values)
    place = changed
    *parents, last = path.split(".")
    for parent in parents:
        place = place.setdefault(parent, {})
    place[last] = value
    return changed


def typos() -> Iterator[tuple[str, str]]:
    """Beside every value one that is misspelt: path of the map, name."""
    for path in LEAVES:
        parent, _, name = path.rpartition(".")
        if parent != "global":
            yield parent, f"{name}x"
