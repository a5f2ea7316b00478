"""The HTTP front door of videotutor."""
