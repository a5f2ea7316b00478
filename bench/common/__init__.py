"""What both benchmarks share: figures against their bars, the machine, tables and plots."""
