"""Printerpoint: the only API we read. ``client`` asks, ``answers`` reads, ``fleet`` keeps what was
read; ``fake`` is a sandbox for tests and the demo.
"""
