"""Swaps the CRD of a control plane, and waits until the API server uses it."""

from __future__ import annotations

import copy
import secrets

from aiohttp import ClientSession
from kubernetes.aio.client import ApiClient, ApiException, ApiextensionsV1Api

from tests.integration.operator.kubernetes import eventually
from tests.upgrade.control_plane import ControlPlane
from tests.upgrade.releases import Definition

NOT_FOUND = 404
OBJECTS = "/apis/videotutor.dev/v1alpha1/videojobs"
TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"


async def apply(plane: ControlPlane, api: ApiClient, definition: Definition) -> None:
    """Create or replace the CRD; it is in use when this returns.

    A column of its own tells: a list as a table comes from the storage that a change makes anew, and which answers
    with 429 until it is ready.
    """
    marked, mark = copy.deepcopy(definition), secrets.token_hex(8)
    column = {"name": "Mark", "type": "string", "jsonPath": ".kind", "priority": 1, "description": mark}
    marked["spec"]["versions"][0]["additionalPrinterColumns"].append(column)
    await _store(ApiextensionsV1Api(api), marked)
    async with ClientSession(headers={"authorization": f"Bearer {plane.token}", "accept": TABLE}) as session:

        async def is_in_use() -> bool:
            async with session.get(f"{plane.server}{OBJECTS}", ssl=False) as answer:  # the loopback interface
                return answer.ok and mark in await answer.text()

        await eventually(is_in_use)


async def _store(extensions: ApiextensionsV1Api, definition: Definition) -> None:
    name = definition["metadata"]["name"]
    try:
        present = await extensions.read_custom_resource_definition(name)
    except ApiException as error:
        if error.status != NOT_FOUND:
            raise
        await extensions.create_custom_resource_definition(definition)
        return
    definition["metadata"]["resourceVersion"] = present.metadata.resource_version
    await extensions.replace_custom_resource_definition(name, definition)
