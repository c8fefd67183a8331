"""The night's work: random projects, damaged files, mutants, coverage."""
