"""The observed cluster: the API server's JSON as values, and the cache that every pass reads."""
