"""``make hostile``: every route, parameter and role with hostile values, on both databases."""
