"""The Kubernetes operator that turns VideoJobs into videos."""
