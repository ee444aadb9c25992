"""Feeds: connecting customers, pausing, renamed customers, read intervals, devices."""
