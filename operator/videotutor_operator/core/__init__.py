"""The decision, values in, values out: from an observed VideoJob to its desired status and actions."""
