"""What can go wrong in a benchmark."""

from __future__ import annotations


class BenchError(Exception):
    """The benchmark cannot go on; the message says what it waited for or who refused."""
