"""The command line: `python3 -m dev.cluster up|down|status|logs|images|env|tool`."""

from __future__ import annotations

import argparse
import os
import shlex
import sys

from dev.cluster import images, lifecycle, report
from dev.cluster.cluster import current
from dev.cluster.errors import ClusterError
from dev.cluster.progress import say
from dev.cluster.settings import Settings, read_settings


def main(arguments: list[str] | None = None) -> int:
    """Runs one command; returns the exit status."""
    options = _parser().parse_args(arguments)
    try:
        return _run(options, read_settings())
    except ClusterError as error:
        say(f"error: {error}")
        return 1
    except KeyboardInterrupt:
        say("interrupted: run the same command again to continue, or `down` to remove everything")
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python3 -m dev.cluster", description="The development cluster (kind).")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("up", help="make the cluster, or wake it; does nothing when it runs")
    down = commands.add_parser("down", help="remove the cluster and everything made for it")
    down.add_argument("--purge", action="store_true", help="also remove the cache of built programs and images")
    commands.add_parser("status", help="say how each part is; exit status 1 when one is not well")
    commands.add_parser("logs", help="show the logs of the engine, the builds and the node, and the cluster's warnings")
    build = commands.add_parser("images", help="build the images and load them into the cluster")
    build.add_argument("targets", nargs="*", metavar="TARGET", help=f"some of {', '.join(images.TARGETS)}; all if none")
    commands.add_parser("env", help='print shell exports: eval "$(python3 -m dev.cluster env)"')
    tool = commands.add_parser("tool", help="run kubectl, helm, kind, kubeconform or docker against the cluster")
    tool.add_argument("name")
    tool.add_argument("arguments", nargs=argparse.REMAINDER)
    return parser


def _run(options: argparse.Namespace, settings: Settings) -> int:
    match options.command:
        case "up":
            lifecycle.up(settings)
        case "down":
            lifecycle.down(settings, purge=options.purge)
        case "status":
            return 0 if report.status(settings) else 1
        case "logs":
            report.logs(settings)
        case "images":
            _images(settings, options.targets)
        case "env":
            _print_environment(settings)
        case "tool":
            _become_tool(settings, options.name, options.arguments)
    return 0


def _images(settings: Settings, targets: list[str]) -> None:
    unknown = sorted(set(targets) - set(images.TARGETS))
    if unknown:
        raise ClusterError(f"no image is called {', '.join(unknown)}: choose from {', '.join(images.TARGETS)}")
    for name in images.build_and_load(settings, targets or images.TARGETS).values():
        print(name)


def _print_environment(settings: Settings) -> None:
    cluster = current(settings)
    for name, value in cluster.env.items():
        if name == "PATH":
            print(f'export PATH={shlex.quote(str(settings.tools))}:"$PATH"')
        else:
            print(f"export {name}={shlex.quote(value)}")


def _become_tool(settings: Settings, name: str, arguments: list[str]) -> None:
    cluster = current(settings)
    sys.stdout.flush()
    tool = str(cluster.tool(name))
    os.execve(tool, [tool, *arguments], {**os.environ, **cluster.env})  # noqa: S606 - becomes the tool, no shell


if __name__ == "__main__":
    sys.exit(main())
