"""How the Kubernetes API is reached: decided once, before the API starts, so that a mistake stops it with a reason."""

from __future__ import annotations

import os

from kubernetes.aio import client, config

from videotutor_api.settings import SettingsError


async def access() -> client.Configuration:
    """The pod's service account, or outside of a cluster the file that KUBECONFIG names.

    Raises:
        SettingsError: neither is usable.
    """
    found = client.Configuration()
    try:
        if os.environ.get("KUBERNETES_SERVICE_HOST"):
            config.load_incluster_config(client_configuration=found)
        else:
            file = os.environ.get("KUBECONFIG")
            await config.load_kube_config(config_file=file, client_configuration=found, persist_config=False)
    except Exception as error:  # the loader raises whatever a broken file makes it stumble over, and may quote the file
        raise SettingsError(
            f"KUBECONFIG: Kubernetes cannot be reached with it: {type(error).__name__}; "
            "`kubectl version` with the same file says what is wrong"
        ) from error
    return found
