"""Domain rules: pure functions of values, standard library only."""
