"""Benchmarks: siting's travel engine beside well-kept libraries, on the same graphs."""
