"""Watches and lists that fill the cache and enqueue keys."""
