"""The way to the API server: every request of the operator's own, and the connection that carries it."""
