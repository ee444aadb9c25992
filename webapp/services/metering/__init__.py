"""Metering: from the printers of a fleet to readings, deltas, deposits and events."""
