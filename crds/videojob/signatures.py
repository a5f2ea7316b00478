"""Signatures of webhooks in both directions: what is signed, how, and for how long it is valid."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable

TOLERANCE_SECONDS = 300
"""Oldest and newest timestamp accepted, as in Stripe and Standard Webhooks."""


def body_signature(secret: str, body: bytes) -> str:
    """`X-Webhook-Signature` of Convex's calls to the API: sha256= and the hex HMAC-SHA256 of the raw body."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def body_signature_fits(secrets: Iterable[str], body: bytes, signature: str) -> bool:
    """Whether a signature was made with one of the secrets (the current and the previous one), in constant time."""
    given = signature.encode()
    return any(hmac.compare_digest(body_signature(secret, body).encode(), given) for secret in secrets)


def timestamp_fits(timestamp: float, now: float) -> bool:
    """Whether a call was signed within the last, or next, five minutes; both in seconds since 1970."""
    return abs(now - timestamp) <= TOLERANCE_SECONDS


def webhook_headers(secrets: Iterable[str], message_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """Headers of a call to Convex (Standard Webhooks 1.0, symmetric signature): one signature by each secret."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    macs = (hmac.new(secret.encode(), signed, hashlib.sha256).digest() for secret in secrets)
    signatures = " ".join(f"v1,{base64.b64encode(mac).decode()}" for mac in macs)
    return {"webhook-id": message_id, "webhook-timestamp": str(timestamp), "webhook-signature": signatures}
