"""Loads the credentials for the Kubernetes API before the API starts, so that a mistake stops it with a reason."""

from __future__ import annotations

import os

from kubernetes.aio import client, config

from videotutor_api.settings import SettingsError


async def load_configuration() -> client.Configuration:
    """Load the pod's service account or, outside of a cluster, the file that KUBECONFIG names.

    Raises:
        SettingsError: neither is usable.
    """
    configuration = client.Configuration()
    try:
        if os.environ.get("KUBERNETES_SERVICE_HOST"):
            config.load_incluster_config(client_configuration=configuration)
        else:
            file = os.environ.get("KUBECONFIG")
            await config.load_kube_config(config_file=file, client_configuration=configuration, persist_config=False)
    except Exception as error:  # the loader raises any type for a broken file, and may quote the file
        raise SettingsError(
            f"KUBECONFIG: Kubernetes cannot be reached with it: {type(error).__name__}; "
            "run `kubectl version` with the same file for the reason"
        ) from error
    return configuration
