"""The VideoJob contract: what the API writes, the operator reconciles, the renderer runs and Convex receives."""

API_GROUP = "videotutor.dev"
API_VERSION = "v1alpha1"
KIND = "VideoJob"
PLURAL = "videojobs"
