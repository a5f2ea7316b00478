"""Leader election: which of several operators reconciles."""
