"""The rules, as pure functions of values. Standard library only."""
