"""The decision, values in, values out: from what is seen of a VideoJob to its status and what is to be done."""
