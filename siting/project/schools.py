"""School places: pupils that the homes of each parcel add, against free places within reach."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from siting import access
from siting.base.errors import InputProblems, Problem
from siting.base.living_settings import SchoolBlock
from siting.base.model import SETTINGS_FILE
from siting.base.settings import Of
from siting.project.evaluate import Evaluator
from siting.project.trips import trips


@dataclass(frozen=True)
class Schools:
    """One block of schools: free places by school, and which are over full."""

    name: str
    block: SchoolBlock
    free: pd.Series

    @classmethod
    def of(cls, name: str, block: SchoolBlock, evaluator: Evaluator) -> "Schools":
        """Return the schools of a block; raises InputProblems where there is none, or seats or pupils are missing."""
        of, where = Of.parse(block.of) or Of(layer=block.of), f"school.{name}"
        table = evaluator.places[of.layer]
        chosen = table[table["kind"].isin(of.kinds)] if of.kinds else table
        if chosen.empty:
            kinds = ", ".join(sorted(set(table["kind"])))
            raise InputProblems([Problem("no_places", SETTINGS_FILE, where, block.of, kinds)])
        for column in ("seats", "enrolled"):
            if chosen[column].isna().any():
                raise InputProblems([Problem("used_column_empty", SETTINGS_FILE, where, f"{of.layer}.{column}")])
        free = chosen["seats"].astype(float) - chosen["enrolled"].astype(float)
        if (free < 0).any():
            over = ", ".join(map(str, free.index[free < 0][:10]))
            said = Problem(
                "schools_full", of.layer, where, str(int((free < 0).sum())), level="note", values={"ids": over}
            )
            evaluator.problems.append(said)
        return cls(name, block, free.clip(lower=0.0))

    def nearest(self, evaluator: Evaluator, homes: pd.Series) -> pd.Series:
        """Return the nearest of the schools, by parcel, in the first season; none where none is within reach."""
        of = Of.parse(self.block.of) or Of(layer=self.block.of)
        ends = (
            evaluator.ends("", self.block.mode).only(homes.index),
            evaluator.ends(of.layer, self.block.mode).only(self.free.index),
        )
        season = evaluator.streets.seasons[0]
        reach = trips(evaluator.streets, *ends, mode=self.block.mode, season=season, cutoff=self.block.cutoff)
        return access.nearest(reach)["place"]

    def places(self, evaluator: Evaluator, homes: pd.Series) -> pd.DataFrame:
        """Return needed, free and short places by parcel, in the season with the fewer free ones."""
        of = Of.parse(self.block.of) or Of(layer=self.block.of)
        ends = (
            evaluator.ends("", self.block.mode).only(homes.index),
            evaluator.ends(of.layer, self.block.mode).only(self.free.index),
        )
        reaches = [
            trips(evaluator.streets, *ends, mode=self.block.mode, season=season, cutoff=self.block.cutoff)
            for season in evaluator.streets.seasons
        ]
        tables = [access.school_places(each, self.free, homes * self.block.pupils_per_home) for each in reaches]
        snapped = ends[0].snaps["status"] == "snapped"
        fewest = pd.concat([table["free"] for table in tables], axis=1).min(axis=1)
        needed = tables[0]["needed"]
        one = pd.Series(1.0, index=self.free.index)
        counts = [access.cumulative(each, one, cutoff=self.block.cutoff) for each in reaches]
        count = pd.concat(counts, axis=1).min(axis=1)
        return pd.DataFrame(
            {"needed": needed, "free": fewest, "count": count, "short": (needed - fewest).clip(lower=0.0)}
        )[snapped]


def all_schools(blocks: Mapping[str, SchoolBlock], evaluator: Evaluator) -> dict[str, Schools]:
    """Return the schools of every block."""
    return {name: Schools.of(name, block, evaluator) for name, block in blocks.items()}
