"""Metering: from the rows of a night to readings and deltas of each device.

Pure functions in this order: ``identity`` groups the rows of the fleet, ``matching`` matches them
to devices, ``process`` applies one device's row, ``review`` applies a user's decisions.
docs/domain.md states the rules and limits.
"""
