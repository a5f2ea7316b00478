# ruff: noqa: INP001 -- run as `python -c`
"""What the chart's hook pods run: `hello` for `helm test`, `cleanup` before an uninstall. Standard library only."""

from __future__ import annotations

import json
import os
import signal
import ssl
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
NAMESPACE = os.environ["NAMESPACE"]
SECONDS = float(os.environ["SECONDS_AT_MOST"])
END = time.monotonic() + SECONDS
"""For all steps together, so that the script fails with its reason before Kubernetes or Helm ends it."""
SECONDS_TO_DELETE = 20
"""For each step that removes what `hello` created, after it failed too."""
VIDEOJOBS = f"/apis/videotutor.dev/v1alpha1/namespaces/{NAMESPACE}/videojobs"
JOBS = f"/apis/batch/v1/namespaces/{NAMESPACE}/jobs"
PODS = f"/api/v1/namespaces/{NAMESPACE}/pods"
SCENE = {"id": "hello", "title": "Hello", "beats": [{"show": {"kind": "title", "text": "Hello"}}]}
HELLO = {"storyboard": {"title": "Hello", "scenes": [SCENE]}, "ttlSecondsAfterFinished": 600}
"""A video of one silent scene, which no failed test leaves for longer than ten minutes."""
METADATA = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
"""Asks for a list without the objects' data."""
LATER = (429, 500, 502, 503, 504)
"""Statuses that another try may change."""


def request(
    method: str, path: str, body: Any = None, kind: str = "application/json", accept: str = "application/json"
) -> dict[str, Any]:
    """The API server's answer; empty where the object is not there.

    Raises:
        SystemExit: it refused.
        ConnectionError: it cannot be reached or cannot answer now.
    """
    address = f"https://{os.environ['KUBERNETES_SERVICE_HOST']}:{os.environ['KUBERNETES_SERVICE_PORT']}{path}"
    headers = {"Authorization": f"Bearer {(ACCOUNT / 'token').read_text()}", "Content-Type": kind, "Accept": accept}
    data = None if body is None else json.dumps(body).encode()
    asked = urllib.request.Request(address, data, headers, method=method)
    context = ssl.create_default_context(cafile=str(ACCOUNT / "ca.crt"))
    try:
        with urllib.request.urlopen(asked, timeout=30, context=context) as answer:  # noqa: S310
            return dict(json.loads(answer.read()))
    except urllib.error.HTTPError as error:
        if error.code == 404:  # noqa: PLR2004
            return {}
        said = f"{method} {path}: {error.code} {error.read().decode(errors='replace')}"
        if error.code in LATER:
            raise ConnectionError(said) from None
        raise SystemExit(said) from None
    except urllib.error.URLError as error:
        raise ConnectionError(f"{method} {path}: {error.reason}") from None


def wait(what: str, ready: Callable[[], Any], seconds: float | None = None) -> None:
    """Call `ready` once a second until it is true, at most so many seconds or until END; retry failed connections.

    Raises:
        SystemExit: it was not true in time.
    """
    deadline, said = END if seconds is None else time.monotonic() + seconds, ""
    while True:
        try:
            if ready():
                sys.stdout.write(f"{what}\n")
                sys.stdout.flush()
                return
        except ConnectionError as error:
            said = f": {error}"
        if time.monotonic() > deadline:
            raise SystemExit(f"not within {SECONDS if seconds is None else seconds:.0f} s: {what}{said}")
        time.sleep(1)


def none_left(path: str, selector: str = "") -> bool:
    """Whether a list has no object."""
    return not request("GET", f"{path}?limit=1&labelSelector={urllib.parse.quote(selector)}").get("items")


def is_uninstalling() -> bool:
    """Whether Helm's record of the release, a Secret or a ConfigMap, says so; only its metadata is read."""
    selector = urllib.parse.quote(f"owner=helm,status=uninstalling,name={os.environ['RELEASE']}")
    return any(
        request("GET", f"/api/v1/namespaces/{NAMESPACE}/{kind}?limit=1&labelSelector={selector}", accept=METADATA).get(
            "items"
        )
        for kind in ("secrets", "configmaps")
    )


def check_uninstall() -> None:
    """Refuse to clean up where this Job was not created by an uninstall, as with `helm template | kubectl apply`.

    Raises:
        SystemExit: Helm does not uninstall the release.
    """
    found: list[bool] = []
    wait("the state of the release is read", lambda: found.append(is_uninstalling()) or True)
    if not found[-1]:
        raise SystemExit(
            f"Helm does not uninstall the release {os.environ['RELEASE']}, so its VideoJobs are left. Without Helm,"
            " render the chart with --no-hooks; where Helm keeps its records outside the cluster, delete the VideoJobs"
            " yourself, and uninstall with --no-hooks"
        )


def cleanup() -> None:
    """Stop the operator, delete the namespace's VideoJobs, wait for the end of their pods, delete the Lease.

    Raises:
        SystemExit: Helm does not uninstall the release, or a step did not end in time.
    """
    check_uninstall()
    operator, selector = os.environ["OPERATOR"], os.environ["OPERATOR_SELECTOR"]
    scale = f"/apis/apps/v1/namespaces/{NAMESPACE}/deployments/{operator}/scale"
    stop = {"spec": {"replicas": 0}}
    wait("the operator is stopped", lambda: request("PATCH", scale, stop, "application/merge-patch+json") or True)
    wait("its pods have ended", lambda: none_left(PODS, selector))
    test = f"{JOBS}/{os.environ['TEST']}?propagationPolicy=Background"
    wait("the Job of helm test is deleted", lambda: not request("DELETE", test))
    wait("the VideoJobs are deleted", lambda: request("DELETE", VIDEOJOBS) is not None and none_left(VIDEOJOBS))
    jobs = "app.kubernetes.io/managed-by=videotutor"
    wait("their Jobs are deleted", lambda: none_left(JOBS, jobs))
    wait("their pods have ended", lambda: none_left(PODS, "videotutor.dev/task"))
    lease = f"/apis/coordination.k8s.io/v1/namespaces/{NAMESPACE}/leases/{os.environ['LEASE']}"
    wait("the Lease is deleted", lambda: request("DELETE", lease) or True)


def hello() -> None:
    """Make a video of one silent scene, fetch it from the API, and delete it."""
    name = f"helm-test-{uuid.uuid4().hex[:12]}"
    body = {"apiVersion": "videotutor.dev/v1alpha1", "kind": "VideoJob", "metadata": {"name": name}, "spec": HELLO}
    made = f"{VIDEOJOBS}/{name}"
    address = f"{os.environ['API']}/videos/{name}/video"

    def is_ready() -> bool:
        status = request("GET", made).get("status", {})
        if status.get("phase") == "Failed":
            raise SystemExit(f"the video failed: {status.get('message')}")
        return bool(status.get("phase") == "Succeeded")

    def is_served() -> bool:
        try:
            with urllib.request.urlopen(address, timeout=30) as answer:  # noqa: S310 -- the API's Service, http
                return answer.headers["Content-Type"] == "video/mp4" and b"ftyp" in answer.read(64)
        except OSError as error:
            raise ConnectionError(f"{address}: {error}") from None

    try:
        wait(f"the VideoJob {name} is created", lambda: request("GET", made) or request("POST", VIDEOJOBS, body))
        wait("its video is ready", is_ready)
        wait("the API serves it", is_served)
    finally:
        wait("it is deleted", lambda: not request("DELETE", made), SECONDS_TO_DELETE)
        jobs = f"videotutor.dev/videojob={name}"
        wait("its Jobs are deleted", lambda: none_left(JOBS, jobs), SECONDS_TO_DELETE)


def stop(_signal: int, _frame: object) -> None:
    """End with the cleanup of `finally`, since Kubernetes ends a pod by SIGTERM.

    Raises:
        SystemExit: always.
    """
    raise SystemExit("Kubernetes ended the pod")


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, stop)
    {"hello": hello, "cleanup": cleanup}[sys.argv[1]]()
