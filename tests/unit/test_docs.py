"""The documentation names what is there: settings, paths, and the reasons that the operator gives."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from videojob.llm import ENV_PREFIX, LlmSettings
from videojob.phases import Phase
from videojob.speech import KEY_VARIABLE, MODEL_VARIABLE, URL_VARIABLE, VOICES_VARIABLE
from videojob.status import FailureClass
from videotutor_api.settings import Settings as ApiSettings
from videotutor_operator.core.model import QUEUED, QUOTA
from videotutor_operator.metrics import REGISTRY
from videotutor_operator.reports.convex import Failed, judge
from videotutor_operator.settings import Settings as OperatorSettings
from videotutor_renderer.plan.library import find, lessons

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = (ROOT / ".env.example").read_text()
OPERATIONS = (ROOT / "docs" / "operations.md").read_text()
TROUBLESHOOTING = (ROOT / "docs" / "troubleshooting.md").read_text()
PROMPTS = (ROOT / "docs" / "prompts.md").read_text()
EXTENDING = (ROOT / "docs" / "extending.md").read_text()


def settings_read() -> set[str]:
    """The environment variables that some service reads."""
    operator = {str(field.alias) for field in OperatorSettings.model_fields.values()}
    api = {str(field.validation_alias) for field in ApiSettings.model_fields.values()}
    functions = (ROOT / "convex" / "convex.config.ts").read_text()
    stand_in = (ROOT / "dev" / "convex-local" / "src" / "settings.ts").read_text()
    found = re.findall(r"^ +([A-Z_]+): v\.", functions, re.MULTILINE) + re.findall(r"\benv\.([A-Z_]+)", stand_in)
    renderer = {f"{ENV_PREFIX}{name.upper()}" for name in LlmSettings.model_fields}
    renderer |= {VOICES_VARIABLE, URL_VARIABLE, MODEL_VARIABLE, KEY_VARIABLE}
    return operator | api | renderer | set(found)


def test_the_example_environment_has_every_setting_that_is_read_and_no_other() -> None:
    assert set(re.findall(r"^#?([A-Z_]+)=", EXAMPLE, re.MULTILINE)) == settings_read()


def test_one_environment_serves_every_part_so_what_two_parts_read_differently_is_not_set() -> None:
    assert not re.findall(r"^(?:HOST|PORT)=", EXAMPLE, re.MULTILINE)


def test_operations_describes_every_setting() -> None:
    table = OPERATIONS.partition("## Settings of the services")[2]
    assert {name for name in settings_read() if f"`{name}`" not in table} == set()


def test_operations_has_no_value_of_the_chart_in_two_rows() -> None:
    table = OPERATIONS.partition("| value | default | meaning |\n|---|---|---|\n")[2].partition("\n\n")[0]
    named: list[str] = []
    for row in table.splitlines():
        first, *others = re.findall(r"`([^`]+)`", row.split(" | ")[0])
        prefix = first.rpartition(".")[0]
        named += [first, *(f"{prefix}{name}" if name.startswith(".") else name for name in others)]

    assert "api.service.nodePort" in named
    assert [name for name, rows in Counter(named).items() if rows > 1] == []


@pytest.mark.parametrize("status", [401, 404, 500])
def test_troubleshooting_quotes_what_the_operator_says_of_convex_answers(status: int) -> None:
    outcome = judge(status, "…")
    assert isinstance(outcome, Failed)
    assert f"reason `{outcome.reason}`: `{outcome.error}`" in TROUBLESHOOTING


def test_troubleshooting_has_every_class_of_failure_and_every_phase_and_no_other() -> None:
    ends = re.findall(r"^\| `Failed`, reason (.*?) \|", TROUBLESHOOTING, re.MULTILINE)
    assert set(re.findall(r"`(\w+)`", " ".join(ends))) == {*FailureClass, "InvalidSpec"}
    assert {phase for phase in Phase if f"`{phase}`" not in TROUBLESHOOTING} == set()


def test_troubleshooting_has_every_reason_of_waiting_and_of_reports() -> None:
    outcomes = [judge(status, text) for status in (400, 401, 404, 500) for text in ("", "unknown session")]
    reports = {outcome.reason for outcome in outcomes if isinstance(outcome, Failed)}
    reasons = reports | {"Unreachable", "Delivered", "Pending", QUEUED, QUOTA, "Unschedulable", "ImagePull"}
    assert {reason for reason in reasons if f"`{reason}`" not in TROUBLESHOOTING} == set()


def test_operations_has_every_metric_and_every_alert_of_the_chart() -> None:
    counters = {f"{metric.name}_total" for metric in REGISTRY.collect() if metric.type == "counter"}
    others = {metric.name for metric in REGISTRY.collect() if metric.type != "counter"}
    names = {name for name in counters | others if name.startswith("videotutor_")}
    alerts = re.findall(r"alert: (\w+)", (ROOT / "charts/videotutor/templates/operator-alerts.yaml").read_text())
    assert {name for name in (*names, *alerts) if name not in OPERATIONS} == set()


def test_the_example_of_a_new_convex_function_keeps_the_kinds_and_calls_the_functions_that_are_there() -> None:
    example = EXTENDING.partition("```ts")[2].partition("```")[0]
    validators = (ROOT / "convex" / "lib" / "validators.ts").read_text()
    kinds = re.findall(r"^  v\.object.*$", example, re.MULTILINE)
    assert [kind for kind in kinds if kind not in validators] == [kind for kind in kinds if "myTask" in kind]
    jobs = (ROOT / "convex" / "jobs.ts").read_text()
    called = {"plannedJob(", "owned(", "enqueue(", "requireInteger(", "countRequest("}
    assert {name for name in called if name in example and name in jobs} == called


def test_every_path_that_extending_names_exists() -> None:
    paths = re.findall(r"`((?:crds|operator|renderer|api|convex|tests)/[\w./-]+)`", EXTENDING)
    assert paths
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_every_lesson_is_listed_with_a_prompt_that_finds_it_and_that_it_can_follow() -> None:
    listed = re.findall(r"^\| ([^|]+) \| `([^`]+)` \|", PROMPTS, re.MULTILINE)
    assert {title for title, _ in listed} >= {lesson.title for lesson in lessons()}
    for lesson in lessons():
        prompt = next(prompt for title, prompt in listed if title == lesson.title)
        assert find(prompt, "en") == lesson
        assert lesson.planned(None, prompt).note == ""
