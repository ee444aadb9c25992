"""Metering: what the answers of a night say of each machine, and which pages they add.

Pure functions in this order: ``identity`` groups the rows of the fleet and matches them to devices,
``process`` takes one device's answer, ``review`` applies a person's decisions. docs/domain.md
states the rules and the limits.
"""
