"""The candidates of a project: drawn, joined to units, measured, screened, with what each still needs."""

from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyproj

from siting.base.errors import Problem, stop_on_refusal
from siting.base.land_codes import is_dwelling_now
from siting.base.layers import Layer, newest_day
from siting.base.model import SETTINGS_FILE
from siting.base.reasons import Reason
from siting.base.rulebook import BookRule, Rulebook, load_rulebook, rules_of_layers
from siting.base.settings import Settings
from siting.base.stamp import file_digest
from siting.parcels import (
    DATE_COLUMNS,
    PARCEL_RULE,
    Constraint,
    Hit,
    assemble,
    capacity,
    capacity_problems,
    check_documents,
    check_idle,
    check_sites,
    distance_problems,
    given_unit,
    idle,
    needs,
    parcel_problems,
    screen,
    terrain,
    terrain_problems,
    unit_of,
)
from siting.sources.layers import layers_by_role
from siting.sources.reading import Reading

SLOPE = "slope_pct"
TERRAIN = ("elevation_mean_m", "slope_mean_pct", "slope_max_pct", "covered_share")


class Candidates:
    """The parcels of one project; its properties compute when first asked for and add to `findings`."""

    def __init__(
        self,
        root: Path,
        settings: Settings,
        layers: Sequence[Layer],
        readings: Mapping[str, Reading],
        findings: list[Problem],
    ) -> None:
        self.root = root
        self.settings = settings
        self.layers = layers
        self.readings = readings
        self._findings = findings
        self._reading = layers_by_role(readings, "parcels")[0]

    @cached_property
    def table(self) -> gpd.GeoDataFrame:
        """Usable parcels by id: name, unit, kind, origin, area_m2, homes, terrain and their own columns."""
        table = self._drawn
        units = unit_of(table, self.units)
        self._check_units(pd.concat([units, given_unit(self.undrawn, self.units)]))
        found = table.assign(unit=units.map(self.unit_names), area_m2=table.geometry.area, homes=self.capacity["homes"])
        heights = self.terrain
        return found if heights is None else found.assign(**{name: heights[name] for name in TERRAIN})

    @cached_property
    def sites(self) -> dict[str, str]:
        """The site of each lot that became part of one."""
        return self._assembled[1]

    @property
    def _drawn(self) -> gpd.GeoDataFrame:
        return self._assembled[0]

    @cached_property
    def _assembled(self) -> tuple[gpd.GeoDataFrame, dict[str, str]]:
        table, rule = self._reading.table.set_index("id", drop=False), self._layer.settings.assemble
        table.index.name = "parcel_id"
        if rule is None:
            return table, {}
        sites, members = assemble(table, rule)
        self._tell(check_sites(table, sites, members, rule, self._layer.settings.source))
        both = pd.concat([table, sites.drop(columns="lots")]) if len(sites) else table
        return both, dict(zip(members["lot"], members["site"], strict=True))

    @cached_property
    def capacity(self) -> pd.DataFrame:
        """How many homes each parcel holds, and which limit decides."""
        table, block = self._drawn, self.settings.capacity
        latitude = pd.Series(table.geometry.representative_point().to_crs("EPSG:4326").y, table.index)
        self._findings += capacity_problems(table, block, latitude=latitude, file=SETTINGS_FILE)
        return capacity(table, block, latitude=latitude)

    @cached_property
    def terrain(self) -> pd.DataFrame | None:
        """Height and slope of each parcel, None where `[screen].slope` names no raster."""
        name = self.settings.screen.slope
        if not name:
            return None
        layer, stated = self.readings[name].layer, self.readings[name].table
        found = terrain(
            self._drawn,
            self.root / layer.settings.source,
            kind="slope_pct" if layer.settings.kind == SLOPE else "elevation",
            crs=pyproj.CRS(stated.loc[0, "crs"]),
        )
        if found["slope_mean_pct"].isna().all():
            self._tell([Problem("raster_off", layer.settings.source, "screen.slope")])
        self._findings += terrain_problems(found, layer.settings.source)
        return found

    @cached_property
    def idleness(self) -> pd.DataFrame:
        """What the law on idle land makes of every usable parcel on the day of the document."""
        found = idle(self.table, self.settings.project.date or newest_day(self.layers))
        self._findings += check_idle(found, self.table, self._layer.settings.source)
        return found

    def check_papers(self) -> None:
        """Add what is wrong with documents and dates to the findings."""
        self._findings += check_documents(self.table, self.rules, self._layer.settings.source)
        if not self.table.columns.intersection(DATE_COLUMNS).empty:
            _ = self.idleness

    @cached_property
    def needs(self) -> pd.Series:
        """What every usable parcel still needs before supply, a tuple each."""
        self.check_papers()
        missing = [hit for hit in self.hits if hit.gate != "open"]
        return needs(self.table, system=self._layer.settings.code_system, hits=missing, rules=self.rules)

    @cached_property
    def rulebook(self) -> Rulebook:
        """The rulebook that `[screen]` names."""
        return load_rulebook(self.settings.screen, self.root)[0]

    @cached_property
    def digests(self) -> dict[str, str]:
        """The digest of the project's own rulebook; the shipped ones go with the version."""
        file = self.root / self.settings.screen.rulebook
        return {self.settings.screen.rulebook: file_digest(file)} if file.suffix and file.is_file() else {}

    @cached_property
    def layer_rules(self) -> dict[str, BookRule]:
        """The rule of every constraint layer, by the layer's name."""
        return rules_of_layers(self.layers, self.rulebook, self.settings.screen)[0]

    @cached_property
    def rules(self) -> dict[str, BookRule]:
        """Every rule that a hit may name."""
        on_parcels = {PARCEL_RULE.format(name): rule for name, rule in self.rulebook.on_parcels().items()}
        return {**self.layer_rules, **on_parcels}

    @cached_property
    def hits(self) -> list[Hit]:
        """Every rule that a usable parcel meets."""
        constraints, found = [], []
        for reading in layers_by_role(self.readings, "constraint"):
            layer, table, rule = reading.layer, reading.table, self.layer_rules[reading.layer.name]
            has_area = bool((table.geometry.area > 0).all())
            found += distance_problems(rule, table, layer.settings.source, has_area=has_area)
            if not rule.clause:
                found.append(Problem("no_clause", layer.file, "rule.clause", level="warn"))
            constraints.append(Constraint(layer.name, rule, table.geometry, table))
        on_parcels = self.rulebook.on_parcels()
        found += parcel_problems(self.table, on_parcels, self._layer.settings.source)
        self._tell_unscreened()
        if self.terrain is None and "slope" in on_parcels:
            found.append(Problem("slope_not_screened", SETTINGS_FILE, "screen.slope", level="note"))
        self._tell(found)
        return screen(
            self.table,
            constraints,
            area_min=self.settings.screen.area_min,
            parcel_rules=on_parcels,
            slope_pct=None if self.terrain is None else self.terrain["slope_mean_pct"],
            is_dwelling_now=self._is_dwelling_now,
        )

    def _tell_unscreened(self) -> None:
        """Say which rules of the book have nothing to be judged by: what was not looked at is not clear of it."""
        kinds = {layer.settings.kind for layer in self.layers if layer.role == "constraint"}
        lacking = [rule.title for name, rule in self.rulebook.on_layers().items() if name not in kinds]
        if "hidden_debt" not in self.table.columns:
            lacking += [rule.title for rule in self.rulebook.on_parcels().values() if rule.of == "hidden_debt"]
        if lacking and self.rulebook.on_layers():
            count, titles = str(len(lacking)), "、".join(lacking)
            problem = Problem("unscreened", SETTINGS_FILE, "screen.rulebook", count, titles, level="warn")
            self._findings.append(problem)

    @cached_property
    def slope_unknown(self) -> pd.Series:
        """A reason for each parcel that a rule on slope could not judge."""
        rules = [name for name, rule in self.rulebook.on_parcels().items() if rule.of == "slope"]
        heights = self.terrain
        bare = self.table.index[:0] if heights is None or not rules else heights.index[heights["slope_mean_pct"].isna()]
        reason = Reason.of("unknown", "slope", sentence="slope_unknown")
        return pd.Series([(reason,)] * len(bare), index=bare, dtype=object)

    @property
    def _is_dwelling_now(self) -> pd.Series | None:
        if "landuse" not in self.table.columns:
            return None
        return is_dwelling_now(self.table["landuse"], self._layer.settings.code_system)

    @property
    def file(self) -> str:
        """The source of the parcels layer."""
        return self._layer.settings.source

    @property
    def code_system(self) -> str:
        """The system of the land-use codes of the parcels."""
        return self._layer.settings.code_system

    @property
    def _layer(self) -> Layer:
        return self._reading.layer

    @cached_property
    def units(self) -> gpd.GeoDataFrame | None:
        """The units layer, None where the project has none."""
        found = layers_by_role(self.readings, "units")
        return found[0].table if found else None

    @cached_property
    def unit_names(self) -> Callable[[str], str]:
        """How a unit id is written in outputs: by its name where names are unique."""
        units = self.units
        if units is None or "name" not in units.columns or not units["name"].is_unique:
            return str
        names = dict(zip(units["id"], units["name"], strict=True))
        if any(name in names and name != unit for unit, name in names.items()):
            return str  # a name that is another unit's id would be read as that unit
        return lambda unit: names.get(unit, unit) or unit

    @property
    def lost(self) -> pd.DataFrame:
        """Parcels that cannot be ranked for lack of a geometry; a row that adds up others is no parcel."""
        undrawn = self.undrawn
        return undrawn.assign(unit=given_unit(undrawn, self.units).map(self.unit_names))

    @property
    def undrawn(self) -> pd.DataFrame:
        """The rows of `lost`, their units as they wrote them."""
        unusable: pd.DataFrame = self._reading.unusable
        return unusable[unusable["reason"] != "total_row"]

    def _check_units(self, units: pd.Series) -> None:
        if self.units is None:
            return
        known = set(self.units["id"])
        names, found = [str(n) for n in self.units.get("name", self.units["id"])], []
        for unit in sorted({unit for unit in units if unit not in known and unit != ""}):
            near = get_close_matches(unit, names, n=1)
            file = self._layer.settings.source
            found.append(Problem("unknown_unit", file, "unit", unit, near[0] if near else ", ".join(names)))
        self._tell(found)

    def _tell(self, found: list[Problem]) -> None:
        """Add to the findings, and stop where one of these is a refusal."""
        self._findings += found
        stop_on_refusal(found)
