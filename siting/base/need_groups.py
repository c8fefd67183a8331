"""The four groups that the city's plan counts need by, and the words that offices write for them (`need_groups.csv`).

Source: 实施方案 四(一)1 (S) names 行政事业单位, 企业, 居民 and 其他不同群体; which further words belong to each is ours (G).
"""

import csv
import re
import unicodedata
from functools import cache
from importlib.resources import files

from siting.base.columns import Language
from siting.base.texts import text

GROUPS = ("行政事业", "企业", "居民", "其他")
OTHER = GROUPS[3]
TITLES = dict(zip(GROUPS, ("public", "enterprise", "resident", "other"), strict=True))
PEOPLE = re.compile(r"(?:工作)?(?:人员|群体|家庭|住户|户|类)$")


@cache
def group_words() -> dict[str, str]:
    """Return the shipped words, in small letters without spaces, with the group of each."""
    written = files("siting.base").joinpath("need_groups.csv").read_text("utf-8")
    return {_bare(row["word"]): row["group"] for row in csv.DictReader(written.splitlines())}


def group_of(written: str) -> str | None:
    """Return the group that a word stands for; None for an empty cell or a word that the table does not have.

    Spaces, width and case do not count, nor an ending such as 人员 or 家庭.
    """
    word = _bare(written)
    return group_words().get(word) or group_words().get(PEOPLE.sub("", word))


def group_title(group: str, language: Language) -> str:
    """Return the title of one of `GROUPS` in a language; KeyError for another word."""
    return text(f"ledger.group.{TITLES[group]}", language)


def _bare(written: str) -> str:
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", written)).casefold()
