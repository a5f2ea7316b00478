"""The HTTP front door of videotutor: signed webhooks in, VideoJobs out, videos served."""

VERSION = "0.2.0"
