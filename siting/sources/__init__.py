"""Floor 1: reading what the office has, and saying what is wrong with it."""
