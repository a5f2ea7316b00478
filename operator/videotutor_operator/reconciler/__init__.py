"""One pass over one VideoJob: decide, write the status, create Jobs, write events."""
