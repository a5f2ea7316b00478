from __future__ import annotations

import dataclasses
import socket
from pathlib import Path

import pytest

from dev.cluster.preflight import (
    GIGABYTE,
    NODE_PACKAGES,
    PACKAGES,
    Machine,
    Needs,
    is_taken,
    packages_to_install,
    problems,
)
from dev.cluster.settings import Settings

SETTINGS = Settings("videotutor", Path("/state"), Path("/cache"), {"api": 8080})
EVERYTHING = Needs(engine=True, go=True, node_image=True, ports=True)
NOTHING = Needs(engine=False, go=False, node_image=False, ports=False)
READY = Machine(
    root=True,
    apt=True,
    free_bytes=100 * GIGABYTE,
    go=(1, 26),
    go_may_fetch=False,
    go_wanted=(1, 26),
    docker_host=None,
    programs=frozenset([*PACKAGES, *NODE_PACKAGES]),
    taken_ports={},
)


def found(needs: Needs = EVERYTHING, **changes: object) -> list[str]:
    machine = dataclasses.replace(READY, **changes)  # type: ignore[arg-type]
    return problems(needs, machine, SETTINGS)


def test_a_machine_with_everything_has_no_problem() -> None:
    assert found() == []


def test_debian_packages_are_installed_instead_of_reported() -> None:
    bare = dataclasses.replace(READY, programs=frozenset())

    assert problems(EVERYTHING, bare, SETTINGS) == []
    assert packages_to_install(EVERYTHING, bare) == ["containerd", "docker.io", "iproute2", "iptables", "mmdebstrap"]
    assert packages_to_install(EVERYTHING, READY) == []
    assert packages_to_install(NOTHING, bare) == []


def test_without_an_engine_someone_who_is_not_root_is_told_both_ways_out() -> None:
    (problem,) = found(Needs(engine=True, go=False, node_image=False, ports=False), root=False)

    assert "no Docker engine answers" in problem
    assert "Fix: start Docker (sudo systemctl start docker" in problem
    assert "or run this as root" in problem


def test_a_docker_host_that_does_not_answer_is_named_rather_than_replaced() -> None:
    (problem,) = found(docker_host="tcp://elsewhere:2375")

    assert "DOCKER_HOST=tcp://elsewhere:2375 does not answer" in problem


def test_a_node_image_cannot_be_built_without_root() -> None:
    (problem,) = found(Needs(engine=False, go=False, node_image=True, ports=False), root=False)

    assert problem.startswith("the image registry cannot be reached")


@pytest.mark.parametrize(
    ("go", "may_fetch", "expected"),
    [
        (None, True, "Go is not on PATH"),
        ((1, 19), True, "Go 1.19 is too old"),
        ((1, 25), False, "Go 1.25 is too old"),
        ((1, 25), True, None),
        ((1, 27), False, None),
    ],
)
def test_go_must_be_new_enough_or_able_to_fetch_a_newer_one(
    go: tuple[int, int] | None, *, may_fetch: bool, expected: str | None
) -> None:
    reported = found(go=go, go_may_fetch=may_fetch)

    assert [problem.split(";")[0] for problem in reported] == ([expected] if expected else [])
    assert all("Fix: install Go 1.26 or newer from https://go.dev/dl/" in problem for problem in reported)


def test_too_little_disk_space_is_told_in_numbers() -> None:
    (problem,) = found(free_bytes=2 * GIGABYTE)

    assert problem.startswith("disk space: 2.0 GiB free for /cache, about 15 GiB needed")


def test_a_taken_port_is_named_with_the_variable_that_moves_it() -> None:
    (problem,) = found(taken_ports={"api": 8080})

    assert "port 8080 on 127.0.0.1 (api) is taken" in problem
    assert "export VIDEOTUTOR_API_PORT=18080" in problem


def test_a_port_that_someone_listens_on_counts_as_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert is_taken(port)
    assert not is_taken(port)
