"""The table of secrets is complete: a secret that a part reads and no test drives makes one of these fail."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from pydantic.fields import FieldInfo

from tests.unit.secret_table import READ_BY, read_by
from videojob import llm, speech
from videojob.secret import VARIABLES
from videotutor_api.settings import Settings as ApiSettings
from videotutor_operator.settings import Settings as OperatorSettings

ROOT = Path(__file__).parents[2]
LIKE_A_SECRET = r"\b[A-Z][A-Z0-9_]*(?:SECRET|KEY|TOKEN|PASSWORD)(?:_PREVIOUS)?\b"
NO_SECRETS = {"CONVEX_ADMIN_KEY"}
"""Names in a Secret, not of a variable."""


def named(*files: Path) -> set[str]:
    """What looks like a variable with a secret in these files."""
    return {name for file in files for name in re.findall(LIKE_A_SECRET, file.read_text())} - NO_SECRETS


def secrets_of(fields: dict[str, FieldInfo]) -> list[str]:
    return sorted(str(f.validation_alias or f.alias) for f in fields.values() if f.annotation is SecretStr)


def test_the_processes_redact_every_secret_of_the_table() -> None:
    assert frozenset(READ_BY) == VARIABLES


@pytest.mark.parametrize(("part", "settings"), [("api", ApiSettings), ("operator", OperatorSettings)])
def test_the_settings_read_the_secrets_of_the_table(part: str, settings: Any) -> None:
    aliases = {str(field.validation_alias or field.alias) for field in settings.model_fields.values()}
    assert secrets_of(settings.model_fields) == read_by(part)
    assert sorted(name for name in aliases if re.fullmatch(LIKE_A_SECRET, name)) == read_by(part)


def test_the_renderer_reads_the_secrets_of_the_table() -> None:
    fields = [name for name, field in llm.LlmSettings.model_fields.items() if field.annotation is SecretStr]
    assert [llm.ENV_PREFIX + name.upper() for name in fields] == [llm.KEY_VARIABLE]
    assert sorted([llm.KEY_VARIABLE, speech.KEY_VARIABLE]) == read_by("renderer")


def test_every_variable_of_the_example_that_looks_like_a_secret_is_in_the_table() -> None:
    example = (ROOT / ".env.example").read_text()
    assert set(re.findall(rf"^#?({LIKE_A_SECRET})=", example, re.MULTILINE)) == set(READ_BY)


def test_the_chart_gives_containers_the_secrets_of_the_table() -> None:
    templates = "".join(file.read_text() for file in (ROOT / "charts/videotutor/templates").rglob("*.yaml"))
    given = set(re.findall(r'"videotutor\.secretEnv" \(dict "root" \S+ "name" "(\w+)"', templates))
    assert given == set(READ_BY) - set(read_by("renderer"))  # the operator gives those of the renderer to its Jobs
    referenced = set(re.findall(r"by_reference\((\w+), ", "".join(map(Path.read_text, operator_sources()))))
    assert referenced == {"KEY_VARIABLE"}


def test_convex_declares_the_secrets_of_the_table() -> None:
    assert sorted(named(ROOT / "convex/convex.config.ts")) == read_by("convex")
    assert sorted(named(*(ROOT / "dev/convex-local/src").glob("*.ts"))) == read_by("convex-local")


def operator_sources() -> list[Path]:
    return sorted((ROOT / "operator/videotutor_operator").rglob("*.py"))


def test_the_sources_name_no_other_secret() -> None:
    code = [file for part in ("api", "operator", "renderer", "crds") for file in (ROOT / part).rglob("*.py")]
    known = VARIABLES | {"KEY_VARIABLE", "MIN_SECRET"}
    quoted = {
        name
        for file in code
        for name in re.findall(rf"[\"']({LIKE_A_SECRET})[\"']", file.read_text())
        if not re.fullmatch(r"[A-Z]+", name)
    }
    assert quoted <= known
