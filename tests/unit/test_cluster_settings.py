from __future__ import annotations

from pathlib import Path

import pytest

from dev.cluster import ClusterError
from dev.cluster.settings import read_settings

HOME = {"HOME": "/home/ada"}


def test_a_bare_environment_gives_the_documented_places_and_ports() -> None:
    settings = read_settings(HOME)

    assert settings.name == "videotutor"
    assert settings.state == Path("/home/ada/.local/state/videotutor/videotutor")
    assert settings.cache == Path("/home/ada/.cache/videotutor")
    assert settings.ports == {"api": 8080, "convex": 3210, "convex-site": 3211}
    assert settings.existing_context is None


def test_the_xdg_folders_and_the_ports_can_be_chosen() -> None:
    chosen = {"XDG_STATE_HOME": "/state", "XDG_CACHE_HOME": "/cache", "VIDEOTUTOR_API_PORT": "18080"}
    settings = read_settings({**HOME, **chosen})

    assert settings.state == Path("/state/videotutor/videotutor")
    assert settings.cache == Path("/cache/videotutor")
    assert settings.ports["api"] == 18080


def test_two_clusters_share_no_short_name() -> None:
    one, other = read_settings(HOME), read_settings({**HOME, "VIDEOTUTOR_CLUSTER": "other"})

    assert one.key != other.key
    assert one.key == read_settings(HOME).key


@pytest.mark.parametrize("value", ["0", "65536", "http", "-1", "8080 "])
def test_a_bad_port_is_refused_by_the_name_of_its_variable(value: str) -> None:
    with pytest.raises(ClusterError, match=r"VIDEOTUTOR_CONVEX_PORT=.*set it to a number from 1 to 65535"):
        read_settings({**HOME, "VIDEOTUTOR_CONVEX_PORT": value})


@pytest.mark.parametrize("name", ["Upper", "a", "../escape", "with space", "x" * 33, "ends-"])
def test_a_name_that_is_no_cluster_name_is_refused(name: str) -> None:
    with pytest.raises(ClusterError, match="VIDEOTUTOR_CLUSTER"):
        read_settings({**HOME, "VIDEOTUTOR_CLUSTER": name})
