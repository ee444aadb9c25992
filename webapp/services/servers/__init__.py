"""Servers: registration, health, their customers and overlapping fleets."""
