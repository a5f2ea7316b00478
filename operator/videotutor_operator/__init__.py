"""The Kubernetes operator that turns VideoJobs into videos."""

VERSION = "0.2.0"
"""As in `operator/pyproject.toml`, which the image does not contain."""
