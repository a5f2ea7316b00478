"""Reports to Convex: signed, in order, at least once, in bounded memory."""
