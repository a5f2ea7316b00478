"""`python -m tests.upgrade.helm`: `helm upgrade` and `helm rollback` under running videos, on the development cluster.

092fef3's chart is installed beside the demo, in a namespace of its own, upgraded to this chart with another renderer
version, and rolled back. Requests come through Convex and the signed webhook; scenes are really rendered.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from convex import ConvexClient
from dev.cluster import Cluster, current
from dev.demo.install import IMAGES, ensure_namespace, kubectl, wait_for
from tests.upgrade.jobs import Jobs, problems
from tests.upgrade.releases import RAISED_VERSION, ROOT, checkout, raise_renderer

NAMESPACE, RELEASE = "videotutor-upgrade", "videotutor"
EACH = 20
"""Videos that are finished, that run through the upgrade, and that run through the rollback."""
PATIENCE_SECONDS = 1_200
NODE_PORT = 32_210
"""Of the namespace's Convex."""


class WrongError(Exception):
    """What an upgrade or a rollback did to a video; or the machine is too slow or too fast to show anything."""


class Installation:
    """One release of the chart, and the videos that were requested from it."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        url = convex_url(cluster)
        wait_for(f"{url}/version")
        self._client = ConvexClient(url)
        self._client.mutation("users:ensure")
        self._project = self._client.mutation("projects:create", {"title": "Upgrade"})
        self.sessions: dict[str, str] = {}

    def request(self, count: int, about: str) -> list[str]:
        """Request videos of two scenes; returns their names."""
        names = []
        for number in range(count):
            prompt = "".join(
                f"# {about} {number}, part {part}\n- Point {part} of {about} {number}\n" for part in (1, 2)
            )
            session = self._client.mutation("videoSessions:create", {"projectId": self._project, "title": about})
            self._client.mutation("jobs:generate", {"sessionId": session, "prompt": prompt, "sceneCount": 2})
            names.append(self._accepted(session))
        return names

    def _accepted(self, session: str) -> str:
        """The name of a session's VideoJob, once the API has accepted the request."""
        poll(lambda: self._job(session).get("name"), f"the request of session {session} is not accepted")
        name = str(self._job(session)["name"])
        self.sessions[name] = session
        return name

    def _job(self, session: str) -> dict[str, Any]:
        return dict(self._client.query("jobs:latest", {"sessionId": session}) or {})

    def _session(self, name: str) -> dict[str, Any]:
        return dict(self._client.query("videoSessions:get", {"sessionId": self.sessions[name]}))

    def statuses(self) -> dict[str, dict[str, Any]]:
        """The status of each VideoJob; empty of one that the API has only accepted yet."""
        listed = json.loads(kubectl(self._cluster, "-n", NAMESPACE, "get", "videojobs", "-o", "json"))["items"]
        found = {item["metadata"]["name"]: item.get("status", {}) for item in listed}
        return {name: found.get(name, {}) for name in self.sessions}

    def phases(self, names: list[str]) -> Counter[str]:
        """How many of these videos are in each phase."""
        statuses = self.statuses()
        return Counter(str(statuses[name].get("phase", "Pending")) for name in names)

    def patch(self, name: str, **spec: Any) -> None:
        """Edit a VideoJob."""
        body = json.dumps({"spec": spec})
        kubectl(self._cluster, "-n", NAMESPACE, "patch", "videojob", name, "--type=merge", "--patch", body)

    def hold(self, names: list[str]) -> None:
        """Suspend each video as soon as it renders, and wait until all rest."""
        suspended: set[str] = set()

        def rest() -> bool:
            statuses = self.statuses()
            for name in (name for name in names if statuses[name].get("phase") == "Rendering"):
                if name not in suspended:
                    self.patch(name, suspend=True)
                suspended.add(name)
            return set(self.phases(names)) <= {"Suspended", "Succeeded"}

        poll(rest, "the held videos are not suspended")

    def wait(self, names: list[str], phase: str) -> None:
        """Wait until all of them are in a phase, and Convex has that.

        Raises:
            WrongError: one of them failed, or the time is over.
        """

        def there() -> bool:
            statuses = self.statuses()
            failed = [f"{n}: {statuses[n]['message']}" for n in names if statuses[n].get("phase") == "Failed"]
            if failed:
                raise WrongError(f"failed: {'; '.join(failed)}")
            return all(statuses[name].get("phase") == phase and is_reported(statuses[name]) for name in names)

        poll(there, f"not all of {len(names)} videos are {phase}")
        behind = [name for name in names if self._session(name)["status"] != phase]
        if behind:
            raise WrongError(f"Convex does not have that these are {phase}: {behind}")


def is_reported(status: dict[str, Any]) -> bool:
    """Whether Convex acknowledged the newest report."""
    report = status.get("report", {})
    return bool(report.get("acknowledged") == report.get("sequence"))


def poll(ready: Callable[[], Any], complaint: str, seconds: float = PATIENCE_SECONDS) -> None:
    """Wait for a condition.

    Raises:
        WrongError: it does not hold in time.
    """
    deadline = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > deadline:
            raise WrongError(f"{complaint} after {seconds:.0f} s")
        time.sleep(0.5)


def build(folder: Path) -> dict[str, Any]:
    """Build the images of a checkout into the cluster; the chart's values that name them."""
    command = [sys.executable, "-m", "dev.cluster", "images"]
    said = subprocess.run(command, cwd=folder, check=True, stdout=subprocess.PIPE, text=True).stdout.split()
    names = dict(name.removeprefix("videotutor/").split(":") for name in said if name.startswith("videotutor/"))
    repositories = {key: f"docker.io/videotutor/{target}" for key, target in IMAGES.items()}
    return {key: {"repository": repositories[key], "tag": names[target]} for key, target in IMAGES.items()}


def helm(cluster: Cluster, *arguments: str) -> None:
    """Run Helm in the namespace."""
    program = [str(cluster.tool("helm")), "--kubeconfig", str(cluster.kubeconfig), "--kube-context", cluster.context]
    subprocess.run([*program, *arguments, "--namespace", NAMESPACE], check=True, stdout=subprocess.DEVNULL)


def deploy(cluster: Cluster, folder: Path, images: dict[str, Any]) -> None:
    """`helm upgrade --install` of a checkout's chart."""
    ports = {"type": "NodePort", "nodePort": NODE_PORT, "siteNodePort": NODE_PORT + 1}
    local = {"enabled": True, "persistence": {"enabled": True}, "service": ports}
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump({"images": images, "publicUrl": "http://videos.test", "convexLocal": local}, file)
        file.flush()
        chart = str(folder / "charts" / "videotutor")
        options = ["--values", file.name, "--take-ownership", "--force-conflicts", "--wait", "--timeout", "5m"]
        helm(cluster, "upgrade", "--install", RELEASE, chart, *options)


def convex_url(cluster: Cluster) -> str:
    """Where this machine reaches the namespace's Convex: a port of the node."""
    address = "{.items[0].status.addresses[?(@.type=='InternalIP')].address}"
    return f"http://{kubectl(cluster, 'get', 'nodes', '-o', f'jsonpath={address}')}:{NODE_PORT}"


def run(cluster: Cluster, old: Path, new: Path) -> None:
    """Install, upgrade, edit, roll back; each step is printed with what it showed.

    Raises:
        WrongError: a video failed, was planned again, was rendered twice, changed its renderer, or lost a report.
    """
    old_images, new_images = build(old), build(new)
    ensure_namespace(cluster, NAMESPACE)
    deploy(cluster, old, old_images)
    with Jobs(cluster, NAMESPACE) as jobs:
        videos = Installation(cluster)
        finished = videos.request(EACH, "finished")
        videos.wait(finished, "Succeeded")
        held = videos.request(EACH, "held")
        videos.hold(held)
        running = videos.request(EACH, "running")
        say(videos, running, "before the upgrade")
        deploy(cluster, new, new_images)
        say(videos, running, "after the upgrade")
        videos.wait(running, "Succeeded")
        videos.patch(finished[0], sceneOverrides=[{"scene": "scene-2", "instruction": "A shorter text."}])
        fresh = videos.request(1, "fresh")
        videos.wait([finished[0], *fresh], "Succeeded")
        pinned = {c["type"]: c["reason"] for c in videos.statuses()[fresh[0]]["conditions"]}.get("RendererPinned")
        if pinned != f"Version{RAISED_VERSION}":
            raise WrongError(f"a new video is pinned to {pinned}")
        for name in held:
            videos.patch(name, suspend=False)
        say(videos, held, "before the rollback")
        helm(cluster, "rollback", RELEASE, "--wait", "--timeout", "5m")
        say(videos, held, "after the rollback")
        videos.wait(list(videos.sessions), "Succeeded")
        wrong = problems(
            jobs.events(), old_images["renderer"]["tag"], new=fresh, edited={finished[0]: "scene-2"}, held=held
        )
    if wrong:
        raise WrongError("\n".join(wrong))
    print(f"{len(videos.sessions)} videos: 0 failed, 0 planned again, 0 scenes rendered twice, 0 reports lost")


def say(videos: Installation, names: list[str], when: str) -> None:
    """Print the phases of some videos.

    Raises:
        WrongError: none of them runs: the step shows nothing.
    """
    phases = videos.phases(names)
    print(f"{when}: {', '.join(f'{count} {phase}' for phase, count in sorted(phases.items()))}", flush=True)
    if when.startswith("before") and set(phases) <= {"Succeeded", "Suspended"}:
        raise WrongError(f"{when} no video runs")


def main() -> int:
    """The exit code is 1 where something is wrong."""
    cluster = current()
    with tempfile.TemporaryDirectory(prefix="videotutor-helm-") as scratch:
        old, new = checkout(Path(scratch) / "old"), Path(scratch) / "new"
        ignored = shutil.ignore_patterns(".git", ".venv", "node_modules", "out", "__pycache__", ".hypothesis")
        shutil.copytree(ROOT, new, ignore=ignored)
        raise_renderer(new)
        try:
            run(cluster, old, new)
        except WrongError as error:
            sys.stderr.write(f"{error}\n")
            return 1
        finally:
            kubectl(cluster, "delete", "namespace", NAMESPACE, "--ignore-not-found", "--wait=false")
            definition = str(ROOT / "crds" / "videojobs.videotutor.dev.yaml")
            kubectl(cluster, "apply", "--server-side", "--force-conflicts", "-f", definition)
            build(ROOT)
    return 0


if __name__ == "__main__":
    sys.exit(main())
