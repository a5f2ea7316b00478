"""What a Lease says, and what it is to say next: values in, values out."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from videotutor_operator.times import exact

Raw = dict[str, Any]


def blank(namespace: str, name: str) -> Raw:
    """A Lease that does not exist yet, and that nobody holds."""
    metadata = {"namespace": namespace, "name": name}
    return {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": metadata}


def holder_of(lease: Raw) -> str:
    """Who holds it; empty for nobody."""
    return str(_spec(lease).get("holderIdentity") or "")


def duration_of(lease: Raw) -> float:
    """How long it is to be respected after its last change, in seconds."""
    return float(_spec(lease).get("leaseDurationSeconds") or 0)


def claimed(lease: Raw, identity: str, seconds: float) -> Raw:
    """The Lease as its holder would write it now. Times are for people: nobody compares them with a clock."""
    before, moment = _spec(lease), exact(datetime.now(UTC))
    ours = holder_of(lease) == identity
    spec = {
        "holderIdentity": identity,
        "leaseDurationSeconds": int(seconds),
        "acquireTime": before.get("acquireTime", moment) if ours else moment,
        "renewTime": moment,
        "leaseTransitions": int(before.get("leaseTransitions") or 0) + (1 if before and not ours else 0),
    }
    return {**lease, "spec": spec}


def given_up(lease: Raw) -> Raw:
    """The Lease without a holder, as client-go leaves it: one second is the least that the API server takes."""
    spec = {name: value for name, value in _spec(lease).items() if name != "holderIdentity"}
    return {**lease, "spec": {**spec, "leaseDurationSeconds": 1, "renewTime": exact(datetime.now(UTC))}}


def _spec(lease: Raw) -> Raw:
    return dict(lease.get("spec") or {})
