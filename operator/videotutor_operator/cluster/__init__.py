"""The API server: the operator's requests, and the connection that carries them."""
