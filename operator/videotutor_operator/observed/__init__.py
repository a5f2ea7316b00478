"""What is known of the cluster: the API server's JSON as values, and the cache of them that every pass reads."""
