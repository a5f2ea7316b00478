"""The renderer's benchmark: beside its encoder's own limit, and beside other libraries that make the same scene."""
