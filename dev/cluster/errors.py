"""The one exception of this package: something went wrong that a person can act on."""

from __future__ import annotations


class ClusterError(Exception):
    """Says what failed and, where it is known, the command that fixes it. Shown without a traceback."""
