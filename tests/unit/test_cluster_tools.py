from __future__ import annotations

import threading
from pathlib import Path

import pytest

from dev.cluster import ClusterError, debian, secrets, sweep, trimmed_runc
from dev.cluster.lock import locked
from dev.cluster.process import run, tail
from dev.cluster.progress import duration
from dev.cluster.settings import Settings
from dev.cluster.tools import TOOLS, content_key, fits, pinned

GO_MOD = """
require (
	k8s.io/kubernetes v1.36.3
	k8s.io/kubernetes-more v9.9.9
	helm.sh/helm/v4 v4.2.4 // indirect
)
"""


def test_versions_come_from_go_mod_whether_direct_or_not() -> None:
    assert pinned("k8s.io/kubernetes", GO_MOD) == "v1.36.3"
    assert pinned("helm.sh/helm/v4", GO_MOD) == "v4.2.4"


def test_a_module_that_is_not_pinned_is_named() -> None:
    with pytest.raises(ClusterError, match=r"pins no version of sigs\.k8s\.io/kind"):
        pinned("sigs.k8s.io/kind", GO_MOD)


def test_the_repository_pins_every_tool() -> None:
    assert all(pinned(tool.module).startswith("v") for tool in TOOLS.values())


@pytest.mark.parametrize(
    ("tool", "printed", "wanted", "expected"),
    [
        ("kubectl", "Client Version: v1.35.1", "v1.36.3", True),
        ("kubectl", "Client Version: v1.32.4-dispatcher", "v1.36.3", False),
        ("kind", "kind v0.33.0 go1.26 linux/amd64", "v0.33.0", True),
        ("kind", "kind v0.32.0 go1.26 linux/amd64", "v0.33.0", False),
        ("helm", "v3.20.0+g1234", "v4.2.4", False),
        ("helm", "no version at all", "v4.2.4", False),
    ],
)
def test_a_users_own_tool_serves_only_within_its_skew(tool: str, printed: str, wanted: str, *, expected: bool) -> None:
    assert fits(TOOLS[tool], printed, wanted) is expected


def test_a_cache_key_changes_with_any_content_and_not_with_the_order(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_text("1")
    two.write_text("2")
    key = content_key([one, two], "flags")

    assert key == content_key([two, one], "flags")
    assert key != content_key([one, two], "other flags")
    two.write_text("3")
    assert key != content_key([one, two], "flags")


def test_package_sources_follow_the_machine_and_leave_other_repositories_out() -> None:
    listed = (
        "http://mirror.example/debian/ bookworm main\n"
        "http://mirror.example/debian/ bookworm main\n"
        "http://mirror.example/security/ bookworm-security main\n"
        "http://mirror.example/debian/ bookworm contrib\n"
        "https://elsewhere.example/tools stable main\n"
    )
    assert debian.sources(listed) == [
        "deb http://mirror.example/debian bookworm main",
        "deb http://mirror.example/security bookworm-security main",
    ]


def test_on_another_release_the_public_sources_are_used() -> None:
    assert debian.sources("http://mirror.example/debian trixie main\n")[0] == (
        "deb http://deb.debian.org/debian bookworm main"
    )


def test_only_the_registry_settings_of_pip_are_passed_on() -> None:
    listed = (
        "global.cert='/etc/ssl/certs/ca-certificates.crt'\n"
        "global.index-url='https://user:it%27s@packages.example/simple'\n"
        ":env:.find-links='/opt/wheels'\n"
        "install.trusted-host='packages.example'\n"
    )
    assert secrets.pip_configuration(listed) == (
        "[global]\nindex-url = https://user:it%27s@packages.example/simple\ntrusted-host = packages.example\n"
    )


def test_without_registry_settings_there_is_no_pip_secret() -> None:
    assert secrets.pip_configuration(":env:.timeout='180'\n") == ""


def test_mounts_are_found_below_the_folders_innermost_first() -> None:
    mountinfo = (
        "1 0 8:1 / / rw - ext4 /dev/vda rw\n"
        "2 1 0:5 / /cache/engine/overlay rw - overlay overlay rw\n"
        "3 2 0:5 / /cache/engine/overlay/with\\040space rw - overlay overlay rw\n"
        "4 1 0:6 / /cache/engine-of-another rw - tmpfs tmpfs rw\n"
    )
    assert sweep.mounts_below((Path("/cache/engine"),), mountinfo) == [
        "/cache/engine/overlay/with space",
        "/cache/engine/overlay",
    ]


def test_network_and_socket_names_fit_the_kernels_limits() -> None:
    settings = Settings("a" * 32, Path("/very" * 40), Path("/cache"), {})

    assert len(sweep.bridge(settings)) <= 15
    assert len(f"{sweep.runtime_folder(settings)}/exec/containerd/containerd.sock.ttrpc") <= 107


def test_the_runtime_takes_out_what_the_machine_lacks_and_nothing_else() -> None:
    everything = set(trimmed_runc.CAPABILITIES)
    process = {"capabilities": {"bounding": ["CAP_SYS_ADMIN", "CAP_BPF"], "ambient": None}, "oomScoreAdj": -999}

    trimmed_runc.trim(process, everything - {"CAP_BPF"})

    assert process == {"capabilities": {"bounding": ["CAP_SYS_ADMIN"], "ambient": []}, "oomScoreAdj": -999}


def test_without_sys_resource_scores_are_not_lowered() -> None:
    process = {"oomScoreAdj": -2000}

    trimmed_runc.trim(process, set())

    assert process["oomScoreAdj"] > -2000


def test_capabilities_are_read_from_the_bounding_set() -> None:
    assert trimmed_runc.held("CapEff:\t0000000000000000\nCapBnd:\t0000000000000005\n") == {
        "CAP_CHOWN",
        "CAP_DAC_READ_SEARCH",
    }


def test_runc_options_are_found_in_both_spellings() -> None:
    assert trimmed_runc.option(["create", "--bundle", "/b", "id"], "--bundle", "-b") == "/b"
    assert trimmed_runc.option(["exec", "--process=/p.json"], "--process", "-p") == "/p.json"
    assert trimmed_runc.option(["delete", "id"], "--bundle") is None


def test_two_runs_take_turns_and_the_lock_file_may_go_meanwhile(tmp_path: Path) -> None:
    lock, entered = tmp_path / "lock", []
    waiting = threading.Event()

    def second() -> None:
        waiting.set()
        with locked(lock, purpose="the test"):
            entered.append("second")

    with locked(lock, purpose="the test"):
        thread = threading.Thread(target=second)
        thread.start()
        waiting.wait()
        entered.append("first")
        lock.unlink()
    thread.join(timeout=10)

    assert entered == ["first", "second"]


def test_a_failing_command_says_what_failed_and_how_it_ended() -> None:
    with pytest.raises(ClusterError, match=r"(?s)sh -c .* failed with exit code 3:\n    the reason"):
        run(["sh", "-c", "echo the reason >&2; exit 3"])


def test_a_program_that_is_not_there_is_named() -> None:
    with pytest.raises(ClusterError, match="no-such-program: no such program"):
        run(["no-such-program"])


def test_only_the_end_of_a_long_output_is_shown() -> None:
    assert tail("one\ntwo\nthree\n", lines=2) == "    two\n    three"


@pytest.mark.parametrize(("seconds", "text"), [(1.25, "1.2 s"), (59.6, "1 min 0 s"), (75, "1 min 15 s"), (30, "30 s")])
def test_durations_read_naturally(seconds: float, text: str) -> None:
    assert duration(seconds) == text
