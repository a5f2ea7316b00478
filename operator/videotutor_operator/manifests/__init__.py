"""The Job of one attempt: its pod, its environment, and what the installation sets on both."""
