"""The servers that the proxies connect to, and the kubeconfig that makes an operator connect to a proxy instead."""

from __future__ import annotations

import base64
import ssl
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml


@dataclass(frozen=True, slots=True)
class Upstream:
    """Address of a server, and the credentials for it."""

    server: str
    tls: ssl.SSLContext = field(default_factory=ssl.create_default_context)

    @classmethod
    def of(cls, kubeconfig: Path) -> Upstream:
        """The current context of a kubeconfig with a client certificate, as kind writes it."""
        found = yaml.safe_load(kubeconfig.read_text())
        context = _named(found["contexts"], found["current-context"])["context"]
        cluster = _named(found["clusters"], context["cluster"])["cluster"]
        user = _named(found["users"], context["user"])["user"]
        tls = ssl.create_default_context(cadata=_decoded(cluster["certificate-authority-data"]).decode())
        with tempfile.NamedTemporaryFile() as pair:
            pair.write(_decoded(user["client-certificate-data"]) + b"\n" + _decoded(user["client-key-data"]))
            pair.flush()
            tls.load_cert_chain(pair.name)
        return cls(cluster["server"], tls)


def _named(entries: list[dict[str, Any]], name: str) -> dict[str, Any]:
    return next(entry for entry in entries if entry["name"] == name)


def _decoded(text: str) -> bytes:
    return base64.b64decode(text)


def write_kubeconfig(path: Path, server: str, namespace: str) -> Path:
    """A kubeconfig for a server that asks for no credentials."""
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "proxy",
        "contexts": [{"name": "proxy", "context": {"cluster": "proxy", "user": "operator", "namespace": namespace}}],
        "clusters": [{"name": "proxy", "cluster": {"server": server}}],
        "users": [{"name": "operator", "user": {"token": "the-proxy-does-not-look"}}],
    }
    path.write_text(yaml.safe_dump(document))
    return path
