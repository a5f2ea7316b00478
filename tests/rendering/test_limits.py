"""The bounds of a task: whatever breaks them, somebody is left who names the field and the cause."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from multiprocessing import get_context
from pathlib import Path

import pytest

from videojob.results import FailureResult, decode_result
from videojob.status import FailureClass
from videotutor_renderer.errors import TaskError, bad_scene
from videotutor_renderer.limits import MEMORY, worked_on, working_on
from videotutor_renderer.supervisor import supervised

TASKS = {
    "endless": ("with working_on('beats[3].show'):\n while True: pass", FailureClass.BAD_SCENE),
    "abort": ("with working_on('beats[3].show'): os.abort()", FailureClass.BAD_SCENE),
    "panic": ("with working_on('beats[3].show'): raise BaseException", FailureClass.BAD_SCENE),
    "killed": ("with working_on('beats[3].show'): os.kill(os.getpid(), signal.SIGKILL)", FailureClass.OUT_OF_MEMORY),
    "crash": ("with working_on('title'): pass\nos.abort()", FailureClass.INTERNAL),
    "fault": ("with working_on('title'): {}['x']", FailureClass.INTERNAL),
    "file": ("limits.bound_files(); Path(sys.argv[1]).write_bytes(bytes(2000))", FailureClass.BAD_SCENE),
}
MESSAGES = {
    "endless": "beats[3].show: it takes more than 0 s of computing; make it shorter or simpler.",
    "abort": "beats[3].show: it needs more than 768 MB of memory; make it smaller.",
    "panic": "beats[3].show: the renderer crashes with it (an unexpected error); make it shorter or simpler.",
    "killed": "The renderer ran out of memory.",
    "crash": "The renderer crashed: SIGABRT.",
    "fault": "title: The renderer failed unexpectedly: KeyError; the traceback is in the log of its pod.",
    "file": "A file of the scene exceeds 4 GiB; make the scene shorter or smaller.",
}
SUPERVISED = """
import json, os, signal, sys
from pathlib import Path
from videotutor_renderer import __main__ as renderer, limits, supervisor
from videotutor_renderer.limits import working_on
limits.SECONDS = supervisor.SECONDS = 0  # that is, until the next whole second
limits.LARGEST_FILE = 1000
for name, work in json.load(sys.stdin).items():
    renderer.run = lambda _: exec(work)
    code = renderer.supervise({"VIDEOTUTOR_TERMINATION_LOG": f"{sys.argv[1]}-{name}"})
    Path(f"{sys.argv[1]}-{name}.code").write_text(str(code))
"""
"""Each of the tasks instead of a real one, one after the other, for the sake of one start of Python."""


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the tasks left their answers and exit codes."""
    place = tmp_path_factory.mktemp("ended") / "task"
    tasks = json.dumps({name: work for name, (work, _) in TASKS.items()})
    subprocess.run(
        (sys.executable, "-c", SUPERVISED, str(place)), input=tasks, text=True, capture_output=True, check=True
    )
    return place


@pytest.mark.parametrize("name", TASKS)
def test_a_task_that_is_ended_has_an_answer_that_names_the_field_and_the_cause(ended: Path, name: str) -> None:
    answer = decode_result(Path(f"{ended}-{name}").read_text())
    assert isinstance(answer, FailureResult)
    assert (answer.error.class_, answer.error.message) == (TASKS[name][1], MESSAGES[name])
    assert Path(f"{ended}-{name}.code").read_text() == ("65" if answer.error.class_ is FailureClass.BAD_SCENE else "70")


def test_a_task_that_ends_by_itself_has_its_own_exit_code() -> None:
    script = "import sys; from videotutor_renderer.supervisor import supervised; sys.exit(supervised(lambda: 75))"
    assert subprocess.run((sys.executable, "-c", script), check=False).returncode == 75


def test_a_part_of_a_scene_that_needs_too_much_memory_is_refused_with_its_field() -> None:
    with pytest.raises(TaskError, match="title: it needs more than 768 MB") as caught, working_on("title"):
        bytearray(2 * MEMORY)
    assert caught.value.failure_class is FailureClass.BAD_SCENE


def test_a_part_that_is_nested_without_end_is_refused_with_its_field() -> None:
    def deeper() -> None:
        deeper()

    with pytest.raises(TaskError, match="title: it is nested too deeply"), working_on("title"):
        deeper()


def test_what_is_wrong_with_a_part_is_said_with_its_field() -> None:
    with pytest.raises(TaskError, match=r"^title: no such word$"), working_on("title"):
        raise bad_scene("no such word")


def test_a_failure_that_is_nobodys_fault_stays_as_it_is() -> None:
    with pytest.raises(TaskError, match=r"^full$") as caught, working_on("title"):
        raise TaskError(FailureClass.STORE, "full")
    assert caught.value.failure_class is FailureClass.STORE


def test_the_bounds_of_a_part_end_with_it() -> None:
    before = resource.getrlimit(resource.RLIMIT_CPU), resource.getrlimit(resource.RLIMIT_DATA)
    with working_on("title"):
        assert resource.getrlimit(resource.RLIMIT_DATA)[0] != resource.RLIM_INFINITY
    assert (resource.getrlimit(resource.RLIMIT_CPU), resource.getrlimit(resource.RLIMIT_DATA)) == before


def test_tasks_side_by_side_do_not_write_over_each_others_field() -> None:
    def other() -> int:
        with working_on("beats[1].show"):
            os._exit(0)  # as where the kernel ends it: the field stays noted

    with working_on("beats[0].show"):
        beside = get_context("fork").Process(target=lambda: sys.exit(supervised(other)))
        beside.start()
        beside.join()
        assert (beside.exitcode, worked_on()) == (0, "beats[0].show")
