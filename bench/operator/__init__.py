"""The operator's benchmark: this operator beside an ideal client, in one run on one cluster."""
