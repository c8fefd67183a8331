"""Pictures of real projects, each drawn from the folder of a run."""
