"""One module a library; `JOBS` in each says which kinds of job it can do."""
