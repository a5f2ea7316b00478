"""Benchmark of the API on the development cluster: hostile clients, rolling updates, large lists, viewers."""
