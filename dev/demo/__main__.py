"""`make demo`: install the chart, request a video as the web app does, show its progress, edit one scene."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from contextlib import aclosing
from pathlib import Path

from convex import ConvexError
from dev.cluster import Cluster, ClusterError, current
from dev.demo.console import Console
from dev.demo.install import chart_values, install, kubectl, wait_for
from dev.demo.webapp import Snapshot, WebApp

NAMESPACE = "videotutor"
OUT = Path("out")
PROMPT = "Explain the derivative and the chain rule to a first-year student"
EDIT = "# A shorter way to say it\n- The derivative is the slope of the tangent\n$f'(x) = 2x$\nplot: x^2"
MAX_SCENES = 100


def main() -> int:
    """Run the demo; returns the exit status."""
    prompt = os.environ.get("PROMPT") or PROMPT
    scenes = os.environ.get("SCENES") or "3"
    if not scenes.isdecimal() or not 1 <= int(scenes) <= MAX_SCENES:
        print(
            f"SCENES must be a whole number from 1 to {MAX_SCENES}, not {scenes!r}: make demo SCENES=4", file=sys.stderr
        )
        return 2
    try:
        cluster = current()
        say("helm: installing the chart")
        install(cluster, NAMESPACE, chart_values(cluster))
        wait_for(f"{cluster.api_url}/ready")
        wait_for(f"{cluster.convex_url}/version")
        return asyncio.run(run(cluster, prompt, int(scenes)))
    except subprocess.CalledProcessError as error:
        return stopped(f"{Path(error.cmd[0]).name} failed, see its message above")
    except ConvexError as error:
        return stopped(f"Convex refused: {error.data['message']}")
    except urllib.error.URLError as error:
        return stopped(f"the video could not be fetched: {error}")
    except (ClusterError, TimeoutError) as error:
        return stopped(f"{error or 'nothing changed for five minutes'}")


async def run(cluster: Cluster, prompt: str, scenes: int) -> int:
    """A video, then an edit of its last scene."""
    say(f"convex: projects.create, videoSessions.create, jobs.generate: {prompt[:100]!r}, {scenes} scenes")
    app = WebApp(cluster.convex_url, prompt)
    app.generate(prompt, scenes)
    first = await watch(app, generation=1)
    if first.session["status"] != "Succeeded":
        return failed(first)
    name = app.job()["name"]
    download(first, OUT / f"{name}.mp4")

    scene = first.scenes[-1]["sceneId"]
    before = jobs_of(cluster, name)
    say(f"convex: jobs.edit: {scene} gets new content; the others must not be rendered again")
    app.edit(scene, EDIT)
    second = await watch(app, generation=2)
    if second.session["status"] != "Succeeded" or second.refusal:
        return failed(second)
    download(second, OUT / f"{name}-edited.mp4")
    made = sorted(jobs_of(cluster, name) - before)
    say(f"kubernetes: {len(made)} Jobs ran for the edit: {', '.join(made)}")
    if len(made) != 2:  # noqa: PLR2004 - the scene's Job and the join's
        return stopped("expected the Jobs of one scene and of the join")
    print(kubectl(cluster, "-n", NAMESPACE, "get", "videojobs"))
    goodbye(cluster, name)
    return 0


async def watch(app: WebApp, generation: int) -> Snapshot:
    """Show the session until the given generation of its video has ended."""
    console = Console()
    async with aclosing(app.follow()) as snapshots:
        async for snapshot in snapshots:
            console.show(snapshot)
            job = snapshot.job
            if snapshot.is_over and job and (job["generation"] >= generation or snapshot.refusal):
                return snapshot
    raise RuntimeError("the subscription ended before the video did")


def jobs_of(cluster: Cluster, name: str) -> set[str]:
    """Names of the Kubernetes Jobs made for a video."""
    answer = kubectl(cluster, "-n", NAMESPACE, "get", "jobs", "-l", f"videotutor.dev/videojob={name}", "-o", "json")
    return {job["metadata"]["name"] for job in json.loads(answer)["items"]}


def download(snapshot: Snapshot, path: Path) -> None:
    """Fetch the finished video from the address that Convex has."""
    path.parent.mkdir(exist_ok=True)
    with urllib.request.urlopen(snapshot.session["videoUrl"], timeout=60) as answer:  # noqa: S310 - our own API
        path.write_bytes(answer.read())
    say(f"saved {path} ({path.stat().st_size / 1e6:.1f} MB)")


def stopped(why: str) -> int:
    """Print why the demo ends here, and where to look."""
    print(f"demo: {why}\n  make status and make logs say more", file=sys.stderr)
    return 1


def failed(snapshot: Snapshot) -> int:
    """Print why there is no video."""
    return stopped(
        f"the video failed: {snapshot.refusal or snapshot.session.get('message') or snapshot.session['status']}"
    )


def goodbye(cluster: Cluster, name: str) -> None:
    """Where to look next."""
    print(f"  the video      {OUT / name}.mp4, and after the edit {OUT / name}-edited.mp4")
    print(f"  the API        {cluster.api_url}/docs, {cluster.api_url}/videos/{name}")
    print(f"  the jobs       kubectl --kubeconfig {cluster.kubeconfig} -n {NAMESPACE} get videojobs")
    print("  another one    make demo PROMPT='Explain integrals' SCENES=4")
    print("  remove it      make down")


def say(text: str) -> None:
    """One step of the demo."""
    print(f"== {text}", flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
