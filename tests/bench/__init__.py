"""Benchmarks: ratios against bare floors, measured in one run. ``make bench`` prints them."""
