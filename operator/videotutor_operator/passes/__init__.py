"""One pass over one VideoJob: decide, write the status, make Jobs, announce."""
