"""Studies: what siting's indicators say of a real place beside what has been published of it."""
