"""Printerpoint, the only API this service reads.

``client`` fetches all pages over ``http``, ``schema`` parses them, ``fleet`` holds the result;
``sandbox`` simulates the API for tests and the demo.
"""
