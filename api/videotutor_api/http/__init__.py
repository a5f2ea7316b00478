"""HTTP: the application, its routes, and everything that knows requests, statuses and headers."""
