"""Formulas in LaTeX, read once into a tree: to be spoken, or to be shown in plain characters."""
