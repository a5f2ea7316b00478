"""What the API reads and writes: VideoJobs in Kubernetes, files in the artifact store, sessions in Convex."""
