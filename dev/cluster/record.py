"""What `up` noted when the cluster was ready: later commands read it instead of guessing from their environment."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from dev.cluster.settings import Settings


@dataclass(frozen=True)
class Record:
    """A cluster that has been ready once.

    Attributes:
        context: its context in the kubeconfig of this cluster's state folder.
        existing: whether it was there before (`VIDEOTUTOR_KUBECONTEXT`), so that it is not ours to delete.
        ports: service -> port on 127.0.0.1, as published when it was made.
        docker_host: DOCKER_HOST of its private engine; None for the user's own engine.
        made_network: whether the network named kind in the user's engine was made for it.
    """

    context: str
    existing: bool
    ports: Mapping[str, int]
    docker_host: str | None = None
    made_network: bool = False

    @staticmethod
    def read(settings: Settings) -> Record | None:
        """The record, or None when there is none or a run was killed while it wrote one."""
        try:
            return Record(**json.loads(_file(settings).read_text()))
        except (FileNotFoundError, json.JSONDecodeError, TypeError):
            return None

    @staticmethod
    def read_others(settings: Settings) -> list[Record]:
        """The records of this user's other clusters."""
        folders = [
            path.parent for path in settings.state.parent.glob("*/cluster.json") if path.parent != settings.state
        ]
        found = [Record.read(replace(settings, name=folder.name, state=folder)) for folder in folders]
        return [record for record in found if record]

    def write(self, settings: Settings) -> None:
        """Writes the record in one go."""
        unfinished = _file(settings).with_suffix(".new")
        unfinished.write_text(json.dumps(asdict(self), indent=2))
        unfinished.replace(_file(settings))

    @staticmethod
    def remove(settings: Settings) -> None:
        """Forgets the cluster."""
        _file(settings).unlink(missing_ok=True)


def _file(settings: Settings) -> Path:
    return settings.state / "cluster.json"
