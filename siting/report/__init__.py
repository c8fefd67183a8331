"""Floor 3: what people look at."""

from siting.report.folder import check_target, read_receipts
from siting.report.lock import locked
from siting.report.quick_map import quick_map
from siting.report.sentences import explain
from siting.report.write import write, write_screening

__all__ = ["check_target", "explain", "locked", "quick_map", "read_receipts", "write", "write_screening"]
