"""Months, certificates and their reconciliation."""
