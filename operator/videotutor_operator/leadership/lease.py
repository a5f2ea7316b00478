"""Read a Lease, and compute the next one: values in, values out."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from videotutor_operator.times import stamp_micro

Raw = dict[str, Any]


def blank(namespace: str, name: str) -> Raw:
    """Return a Lease that does not exist yet, without a holder."""
    metadata = {"namespace": namespace, "name": name}
    return {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": metadata}


def holder_of(lease: Raw) -> str:
    """Return the identity of the holder; empty where there is none."""
    return str(_spec(lease).get("holderIdentity") or "")


def duration_of(lease: Raw) -> float:
    """Return its duration of validity after the last change, in seconds."""
    return float(_spec(lease).get("leaseDurationSeconds") or 0)


def claim(lease: Raw, identity: str, seconds: float) -> Raw:
    """Return the Lease as its holder writes it now. Its times are informative: no candidate reads them."""
    before, moment = _spec(lease), stamp_micro(datetime.now(UTC))
    ours = holder_of(lease) == identity
    spec = {
        "holderIdentity": identity,
        "leaseDurationSeconds": int(seconds),
        "acquireTime": before.get("acquireTime", moment) if ours else moment,
        "renewTime": moment,
        "leaseTransitions": int(before.get("leaseTransitions") or 0) + (1 if before and not ours else 0),
    }
    return {**lease, "spec": spec}


def release(lease: Raw) -> Raw:
    """Return the Lease without a holder, as client-go writes it: one second is the shortest valid duration."""
    spec = {name: value for name, value in _spec(lease).items() if name != "holderIdentity"}
    return {**lease, "spec": {**spec, "leaseDurationSeconds": 1, "renewTime": stamp_micro(datetime.now(UTC))}}


def _spec(lease: Raw) -> Raw:
    return dict(lease.get("spec") or {})
