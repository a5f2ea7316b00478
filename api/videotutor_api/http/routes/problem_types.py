"""The page that the types of problem documents are addresses of."""

from __future__ import annotations

from html import escape

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from videotutor_api.http.problem_types import PROBLEM_TYPES, ProblemType
from videotutor_api.http.routes.common import Route

router = APIRouter(route_class=Route)


@router.get("/problems", response_class=HTMLResponse, include_in_schema=False)
async def get_problems() -> HTMLResponse:
    """All problem types, as HTML."""
    entries = "".join(_entry(name, described) for name, described in PROBLEM_TYPES.items())
    title = "Problem types of the videotutor API"
    page = f"<!doctype html><html lang=en><meta charset=utf-8><title>{title}</title><h1>{title}</h1>{entries}</html>"
    return HTMLResponse(page, headers={"Cache-Control": "no-cache"})


def _entry(name: str, described: ProblemType) -> str:
    final = "final" if described.is_final else "may succeed later"
    return (
        f'<h2 id="{name}">{name}</h2><p>Status {described.status}, {final}.'
        f"<p>{escape(described.meaning)}<p>{escape(described.action)}"
    )
