"""Printerpoint: the one call we make, what its answers mean, and a sandbox that speaks like it."""
