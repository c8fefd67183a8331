"""Floor 0: the words that every room shares. Imports nothing of the house."""
