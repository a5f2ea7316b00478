"""Configured addresses: plain HTTP, without credentials, since addresses are shown."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator


def plain_http(url: str, key_variable: str = "") -> str:
    """The address without trailing slashes; `key_variable`: where its key belongs, if it may have one.

    Raises:
        ValueError: it is not an HTTP address, or holds a user, a query or a fragment; the message does not repeat it.
    """
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:  # its text repeats parts of the address
        usable = False
    if not usable or any(map(str.isspace, url)):
        raise ValueError("it must begin with http:// or https:// and a host")
    if parts.username or parts.password or parts.query or parts.fragment:
        advice = f"; a key belongs into {key_variable}" if key_variable else ""
        raise ValueError(f"it must not contain a user, password, query or fragment{advice}")
    return url.rstrip("/")


HttpAddress = Annotated[str, AfterValidator(plain_http)]
"""Type of a field that holds an address, as `plain_http` returns it."""
