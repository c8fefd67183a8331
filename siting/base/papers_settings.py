"""The papers that the bureau hands on (`[papers]`): who makes them, what they are marked with, who answers for what."""

from collections.abc import Mapping

from pydantic import Field

from siting.base.columns import Language
from siting.base.departments import departments
from siting.base.errors import Problem
from siting.base.model import SETTINGS_FILE, Model
from siting.base.texts import text


class PapersBlock(Model):
    """`[papers]`: names and marks of the papers; what is left empty stays empty on paper, to be filled in by hand.

    division: whose plan it is (第十师北屯市). prepared_by, checked_by, approved_by: names below the tables. watermark:
    stands at the head of every page, 内部 (internal) where left out; empty for none. map_approval: the number (审图号) that a published map needs.
    departments: in place of the shipped ones, by the id of the need (`base/departments.csv`).
    """

    division: str = Field(default="", max_length=100)
    prepared_by: str = Field(default="", max_length=100)
    checked_by: str = Field(default="", max_length=100)
    approved_by: str = Field(default="", max_length=100)
    watermark: str | None = Field(default=None, max_length=40)
    map_approval: str = Field(default="", max_length=100)
    departments: Mapping[str, str] = Field(default_factory=dict)

    def mark(self, language: Language) -> str:
        """Return what stands at the head of every page."""
        return text("papers.word.internal", language) if self.watermark is None else self.watermark


def papers_problems(block: PapersBlock, own_needs: frozenset[str] = frozenset()) -> list[Problem]:
    """Return a refusal for each department given to a need that does not exist, or given as empty text.

    own_needs: ids of the project's own rules that ask for a document, beside the shipped ones.
    """
    known = departments().keys() | own_needs
    where = "[papers] departments"
    found = [
        Problem("unknown_duty", SETTINGS_FILE, where, need, ", ".join(sorted(known)))
        for need in sorted(block.departments.keys() - known)
    ]
    empty = sorted(need for need, name in block.departments.items() if not name.strip())
    return found + [Problem("nameless_department", SETTINGS_FILE, where, need) for need in empty]
