"""How changes arrive: watches and lists that fill the cache and wake the queue."""
