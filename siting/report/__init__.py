"""Floor 3: what people look at."""

from siting.report.duties import duties
from siting.report.folder import check_target, read_receipts
from siting.report.lock import locked
from siting.report.papers import Papers, SourceNote
from siting.report.quick_map import quick_map
from siting.report.receipt_tree import tree, tree_lines
from siting.report.sentences import explain
from siting.report.write import write, write_plan, write_screening

__all__ = [
    "Papers",
    "SourceNote",
    "check_target",
    "duties",
    "explain",
    "locked",
    "quick_map",
    "read_receipts",
    "tree",
    "tree_lines",
    "write",
    "write_plan",
    "write_screening",
]
