"""Which libraries do which job on which graph, as data."""

from dataclasses import dataclass

OURS = ("ours",)
"""Names that `ours.py` takes as its LIB; further variants of the engine are added here."""


@dataclass(frozen=True)
class Step:
    """A job on a graph, by the libraries that can do it; those in `slow` run once, however many runs are asked."""

    job: str
    graph: str
    peers: tuple[str, ...]
    slow: tuple[str, ...] = ()


GRAPHS = {"drive": ("drive", 1), "walk": ("walk", 1), "drive x16": ("drive", 4)}
"""Names in a step: mode, and the side of the square of copies (4 x 4 Portos are 1.0 million nodes)."""

SEARCHERS = ("scipy", "networkx", "igraph", "rustworkx", "networkit")
BOTH = ("scipy", "pandana", "pandana_precomputed")

QUICK = (
    Step("nearest1", "drive", ("scipy", "networkit", "pandana")),
    Step("nearest1", "walk", ("scipy",)),
    Step("cumulative15", "walk", BOTH),
    Step("cumulative5", "drive", BOTH),
    Step("cumulative15", "drive", ("scipy",)),
    Step("twostep", "drive", ("scipy",)),
    Step("matrix", "drive", ("pyroutingkit", "scipy")),
)

FULL = (
    Step("nearest1", "drive", (*SEARCHERS, "pandana", "pyroutingkit"), slow=("pandana",)),
    Step("nearest1", "walk", (*SEARCHERS, "pandana", "pyroutingkit"), slow=("pandana",)),
    Step("nearest1", "drive x16", ("scipy", "networkit")),
    Step("nearest16", "drive", ("scipy", "pandana"), slow=("pandana",)),
    Step("nearest16", "walk", ("scipy",)),
    Step("nearest16", "drive x16", ("scipy",)),
    Step("nearest3", "drive", ("scipy", "pandana", "pyroutingkit"), slow=("pandana",)),
    Step("nearest3", "walk", ("scipy", "pandana", "pyroutingkit"), slow=("pandana",)),
    Step("cumulative15", "walk", BOTH),
    Step("cumulative30", "walk", BOTH),
    Step("cumulative5", "drive", BOTH),
    Step("cumulative15", "drive", BOTH, slow=("pandana", "pandana_precomputed")),
    Step("cumulative5", "drive x16", ("scipy", "pandana"), slow=("pandana",)),
    Step("cumulative15", "drive x16", ("scipy",)),
    Step("ten15", "walk", BOTH),
    Step("ten5", "drive", BOTH, slow=("pandana",)),
    Step("ten15", "drive", ("scipy",)),
    Step("gravity15", "walk", BOTH),
    Step("gravity15", "drive", ("scipy", "pandana_precomputed"), slow=("pandana_precomputed",)),
    Step("twostep", "drive", ("scipy",)),
    Step("twostep", "drive x16", ("scipy",), slow=("scipy",)),
    Step("matrix", "drive", (*SEARCHERS, "pandana", "pyroutingkit")),
    Step("matrix", "walk", ("scipy", "pyroutingkit")),
    Step("matrix", "drive x16", ("scipy", "pyroutingkit"), slow=("pyroutingkit",)),
)

SMOKE = (
    Step("nearest1", "grid", (*SEARCHERS, "pandana", "pyroutingkit")),
    Step("nearest16", "grid", ("scipy",)),
    Step("nearest3", "grid", ("scipy", "pandana", "pyroutingkit")),
    Step("cumulative5", "grid", BOTH),
    Step("ten5", "grid", BOTH),
    Step("gravity5", "grid", BOTH),
    Step("twostep", "grid", ("scipy",)),
    Step("matrix", "grid", (*SEARCHERS, "pandana", "pyroutingkit")),
)
"""Every peer on a made-up town of 1,600 nodes: a check of the checksums in a minute, its times mean nothing."""

GROWTH_JOBS = ("growth_nodes", "growth_origins", "growth_cutoff")
GROWTH_SIDES = (1, 2, 3, 4, 6, 8)
"""Copies a side for `growth_nodes`: up to 64 Portos, 4 million nodes; the other two vary on `GROWTH_SIDE`."""
GROWTH_SIDE = 4
MILLION = "million"
"""Every node of `GROWTH_SIDE` x `GROWTH_SIDE` copies an origin, on foot and by car, by one thread and by two."""
