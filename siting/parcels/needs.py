"""What a candidate still needs before it can be supplied: by its origin, kind, present use and the layers it meets."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from siting.base.columns import Kind, Language
from siting.base.errors import Problem
from siting.base.land_codes import is_dwelling_now, is_farm_now
from siting.base.layers import Rule
from siting.base.origins import origins
from siting.base.rulebook import BookRule
from siting.base.texts import text
from siting.parcels.documents import listed, plain
from siting.parcels.hits import Hit

PLAN = "实施方案 四(二)5"


@dataclass(frozen=True)
class Need:
    """One step still to be taken: the documents of which one settles it, the clause that asks for it, evidence."""

    id: str
    documents: tuple[str, ...]
    clause: str
    evidence: str
    titles: Mapping[Language, str] = field(default_factory=dict, compare=False)

    def title(self, language: Language) -> str:
        """Return its title in a language."""
        return self.titles.get(language) or text(f"need.{self.id}", language)

    def record(self) -> dict[str, str]:
        """Return id, titles, document, clause and evidence, for receipts."""
        titles = {"title_zh": self.title("zh"), "title_en": self.title("en")}
        return {
            "id": self.id,
            **titles,
            "document": self.documents[0],
            "clause": self.clause,
            "evidence": self.evidence,
        }


NEEDS: dict[str, Need] = {
    each.id: each
    for each in (
        Need("verification", ("来源核实意见",), PLAN, "G"),
        Need("present_use", ("现状用途核实意见",), "土壤污染防治法 59", "G"),
        Need("administrator", ("法院裁定书", "破产财产处置方案", "破产管理人处置文件"), "企业破产法 111-112", "M"),
        Need("recovery", ("收回决定书", "土地收回决定书", "收购协议"), "闲置土地处置办法 14; 城市房地产管理法 26", "R"),
        Need("valuation", ("收购价格评估报告", "评估报告"), PLAN, "S"),
        Need("debt_check", ("资金来源审查意见", "隐性债务审查意见"), "实施方案 二(三)", "S"),
        Need("clear_title", ("净地证明", "净地", "权属清晰证明"), "实施方案 四(二)4", "S"),
        Need("plan_conformity", ("规划符合性意见", "规划条件", "符合规划证明"), PLAN, "S"),
        Need("farm_conversion", ("农用地转用审批", "农用地转用批复"), "土地管理法 44", "R"),
        Need("change_of_use", ("变更用途批复", "土地用途变更批复"), PLAN, "S"),
        Need(
            "soil_survey",
            ("土壤污染状况调查报告(经评审)", "土壤污染状况调查报告评审意见"),
            "土壤污染防治法 59",
            "R",
        ),
        Need("safety", ("房屋安全鉴定报告", "安全鉴定报告", "安全鉴定"), PLAN, "S"),
        Need("consent", ("群众意愿征询结果", "群众意愿"), PLAN, "S"),
    )
}
"""In the order in which they are listed. `present_use` stands where the use decides and is not known."""

UNKNOWN_ORIGIN: dict[str, tuple[str, ...]] = {
    Kind.LAND: ("verification", "clear_title", "plan_conformity", "change_of_use", "soil_survey", "farm_conversion"),
    Kind.STOCK: ("verification", "valuation", "debt_check", "safety"),
    Kind.CONVERSION: ("verification", "plan_conformity", "change_of_use", "soil_survey", "safety", "consent"),
}
"""What a parcel needs whose origin is not told, by its kind."""

CONVERSION = ("plan_conformity", "safety", "consent")
"""What every conversion needs beside what its origin asks for: 符合规划、满足安全要求、尊重群众意愿."""

BY_USE = ("change_of_use", "soil_survey", "farm_conversion")


def needs(
    parcels: pd.DataFrame, *, system: str = "", hits: Iterable[Hit] = (), rules: Mapping[str, Rule] | None = None
) -> pd.Series:
    """Return, per parcel, the tuple of needs that no document of its own settles, in a fixed order.

    `parcels` has ids as index, kind, and where known origin, landuse (of the code `system`) and documents.
    Change of use and the soil survey fall away where homes may stand already (the survey is due from any other
    former use); converting farmland is asked for farmland only. Where the use decides and is not known,
    `present_use` stands in. Each gate met (`hits` of `rules`) adds its document, once.
    """
    asked = _asked(parcels, system)
    settled = _settled(parcels)
    open_needs = pd.DataFrame({name: asked[name] & ~_is_settled(settled, NEEDS[name]) for name in NEEDS})
    listed = _listed(open_needs)
    place = {parcel: position for position, parcel in enumerate(parcels.index)}
    asked_of = np.stack([asked[name].to_numpy(bool) for name in NEEDS], axis=1)
    documents = [frozenset(map(plain, need.documents)) for need in NEEDS.values()]
    settled_of = settled.to_numpy()
    for parcel, gates in _gates(hits, rules or {}).items():
        position = place[parcel]
        done = settled_of[position].union(*(documents[i] for i in np.flatnonzero(asked_of[position])))
        listed[position] += tuple(gate for gate in gates if not done.intersection(map(plain, gate.documents)))
    return pd.Series(listed, index=parcels.index, name="needs", dtype=object)


def needs_text(found: pd.Series) -> pd.Series:
    """Return the ids of the needs as one cell, for a ranking."""
    cells = {each: "; ".join(need.id for need in each) for each in set(found)}
    return found.map(cells).rename("needs").astype(object)


def check_documents(parcels: pd.DataFrame, rules: Mapping[str, Rule], file: str) -> list[Problem]:
    """Return a warning by id for each document named that settles nothing on any list."""
    known = {each for need in NEEDS.values() for each in map(plain, need.documents)}
    known |= {each for name, rule in rules.items() for each in map(plain, _gate(name, rule).documents)}
    names = ", ".join(need.documents[0] for need in NEEDS.values())
    return [
        Problem("unknown_document", file, "documents", document, names, "warn", item=str(parcel))
        for parcel, documents in _settled(parcels).items()
        for document in sorted(documents - known)
    ]


def _asked(parcels: pd.DataFrame, system: str) -> dict[str, pd.Series]:
    """Return, per need, which parcels are asked for it before any document is looked at."""
    origin, kind = _text(parcels, "origin"), parcels["kind"]
    pairs = {pair: _by_origin(*pair) for pair in set(zip(origin, kind, strict=True))}
    wanted = [pairs[pair] for pair in zip(origin, kind, strict=True)]
    asked = {name: pd.Series([name in each for each in wanted], index=parcels.index) for name in NEEDS}
    landuse = _text(parcels, "landuse")
    implied = origin.map({name: each.use for name, each in origins().items()}).fillna("")
    is_dwelling = is_dwelling_now(landuse, system)
    is_dwelling = is_dwelling.mask(is_dwelling.isna() & (implied != ""), implied == "dwelling")
    is_farm = is_farm_now(landuse, system)
    is_farm = is_farm.mask(is_farm.isna() & (implied != ""), False)
    unknown = (asked["soil_survey"] & is_dwelling.isna()) | (asked["farm_conversion"] & is_farm.isna())
    changes = ~is_dwelling.fillna(True).astype(bool)
    converts = asked["farm_conversion"] & is_farm.fillna(False).astype(bool)
    return asked | {
        "present_use": unknown,
        "farm_conversion": converts,
        "change_of_use": asked["change_of_use"] & changes & ~converts,
        "soil_survey": asked["soil_survey"] & changes,
    }


def _by_origin(origin: str, kind: str) -> frozenset[str]:
    known = origins().get(origin)
    wanted = UNKNOWN_ORIGIN.get(kind, ()) if known is None else known.needs
    return frozenset([*wanted, *(CONVERSION if kind == Kind.CONVERSION else ())])


def _settled(parcels: pd.DataFrame) -> pd.Series:
    """Return the set of documents that each parcel has."""
    column = _text(parcels, "documents")
    sets = {cell: frozenset(map(plain, listed(str(cell)))) for cell in column.unique()}
    return column.map(sets)


def _is_settled(settled: pd.Series, need: Need) -> pd.Series:
    accepted = set(map(plain, need.documents))
    hits = {each: bool(each & accepted) for each in set(settled)}
    return settled.map(hits).astype(bool)


def _listed(open_needs: pd.DataFrame) -> list[tuple[Need, ...]]:
    """Return the needs of each row as a tuple; equal rows share one."""
    powers = 1 << np.arange(len(open_needs.columns))
    patterns = open_needs.to_numpy(bool) @ powers
    every = list(NEEDS.values())
    tuples = {
        int(pattern): tuple(need for need, power in zip(every, powers, strict=True) if pattern & power)
        for pattern in np.unique(patterns)
    }
    return [tuples[int(pattern)] for pattern in patterns]


def closed_gates(hits: Iterable[Hit], rules: Mapping[str, Rule]) -> dict[str, frozenset[str]]:
    """Return, by parcel, the ids of the needs that hold its gates closed."""
    closed = _gates([hit for hit in hits if hit.gate != "open"], rules)
    return {parcel: frozenset(need.id for need in needs) for parcel, needs in closed.items()}


def gate_ids(rules: Mapping[str, Rule]) -> frozenset[str]:
    """Return the ids of the needs that rules with a gate stand for."""
    return frozenset(_needed(name, rule).id for name, rule in rules.items() if rule.action == "gate")


def _needed(name: str, rule: Rule) -> Need:
    return NEEDS.get(name.removeprefix("[rule].")) or _gate(name, rule)


def _gates(hits: Iterable[Hit], rules: Mapping[str, Rule]) -> dict[str, list[Need]]:
    needed = {name: _needed(name, rule) for name, rule in rules.items()}
    found: dict[str, list[Need]] = {}
    for hit in hits:
        if hit.action == "gate" and hit.rule in needed:
            found.setdefault(hit.parcel, []).append(needed[hit.rule])
    return found


def _gate(name: str, rule: Rule) -> Need:
    document = rule.document or rule.title
    titles: dict[Language, str] = {"zh": document, "en": rule.document or rule.caption("en")}
    accepted = rule.accepts if isinstance(rule, BookRule) else ()
    return Need(f"gate:{name.removeprefix('[rule].')}", (document, *accepted), rule.clause, rule.evidence, titles)


def _text(parcels: pd.DataFrame, name: str) -> pd.Series:
    return parcels[name] if name in parcels.columns else pd.Series("", index=parcels.index, dtype=object)
