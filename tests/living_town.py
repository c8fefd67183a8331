"""People, seats and further blocks in the town of `small_project`.

The street is 6 km long. School and jobs (200) lie at its west end; P1 at 750 m, P2 at 3000 m, P3 at 5000 m, 10 m off the
street, 60 homes each (5,000 m2 x 1.2 / 100). On foot 75 m a minute, by car 40 km/h, 10 km/h on the last 10 m. People
live on the street: 200 (100 workers) at 750 m, 100 (50 workers) at 3000 m.
"""

from pathlib import Path

import geopandas as gpd

import siting
from siting.base.results import Results
from tests import small_project as small

PEOPLE = 'role = "places"\nkind = "estate"\nsource = "data/people.csv"\ndatum = "EPSG:4538"\n[columns]\nname = "名称"\n'
PEOPLE += 'population = "人口"\nworkers = "就业"\nx = "x"\ny = "y"\n'
SEATS = """
[[criterion]]
name = "seats"
measure = "e2sfca"
of = "places[kind=primary].seats"
demand = "people.population"
demand_per_home = 3
mode = "walk"
cutoff = 60
decay = { form = "linear", cutoff = 60 }
better = "more"
worst = 0
best = 1
weight = 1
"""
CIRCLE = '[life_circle]\nlayers = ["places"]\n'
JOBS = '[jobs_housing]\njobs = "work.jobs"\nworkers = "people.workers"\nmode = "drive"\ncutoff = 60\ncatchments = [2, 10]\n'
JOBS += "workers_per_home = 1\nbeta = 0.1\n"
SCHOOL = '[school.primary]\nof = "places[kind=primary]"\npupils_per_home = 0.5\nmode = "walk"\ncutoff = 60\n'
VACANCY = '[vacancy]\njobs = "work.jobs"\nplaces = ["places"]\nmode = "drive"\ncar_free = true\n'
P1_MIN, P2_MIN = 760 / 75, 3010 / 75
P1_F, P2_F = 1 - P1_MIN / 60, 1 - P2_MIN / 60
DRIVE_P1, DRIVE_P2 = 0.75 * 60 / 40 + 0.06, 3 * 60 / 40 + 0.06


def town(folder: Path, more: str, *, season: str = "summer", population: int = 20_000, places: str = "") -> Path:
    """Write the small project with people, seats and further blocks."""
    settings = small.SETTINGS.replace("snap = 300", f'snap = 300\nseason = "{season}"') + more
    root = small.write(folder / "p", settings)
    (root / "layers/people.toml").write_text(PEOPLE, "utf-8")
    rows = f"东,200,100,{small.X0 + 750},{small.Y0}\n西,100,50,{small.X0 + 3000},{small.Y0}\n"
    (root / "data/people.csv").write_text("名称,人口,就业,x,y\n" + rows, "utf-8")
    layer = root / "layers/places.toml"
    layer.write_text(layer.read_text("utf-8") + 'seats = "学位"\nenrolled = "在校"\n', "utf-8")
    school = f"名称,类别,x,y,学位,在校\n一小,小学,{small.X0},{small.Y0},100,80\n"
    (root / "data/places.csv").write_text(school + places, "utf-8")
    units = gpd.read_file(root / "data/units.gpkg").assign(人口=population)
    units.to_file(root / "data/units.gpkg")
    layer = root / "layers/units.toml"
    layer.write_text(layer.read_text("utf-8") + 'population = "人口"\n', "utf-8")
    return root


def ran(tmp_path: Path, more: str, **keys: object) -> Results:
    return siting.run(town(tmp_path, more, **keys))


def column(results: Results, name: str) -> dict[str, float]:
    return results.ranking.set_index("parcel_id")[name].to_dict()


def living(results: Results, parcel: str) -> dict[str, object]:
    return next(each["living"] for each in results.receipts if each["parcel_id"] == parcel)


WAITING = 'role = "demand"\nsource = "data/waiting.csv"\n[columns]\nid = "编号"\nunit = "单位"\narea_band = "面积段"\n'
TAKE_UP = (
    CIRCLE
    + """
[take_up]
applicants = "waiting"
jobs = "work.jobs"
mode = "drive"
cutoff = 60
decay = { form = "exponential", half_at = 10 }
taste = { work = 1, services = 0, price = 0, size = 0, unit = 0, stay = STAY }
price = 3000
market = 4000
draws = 100
"""
)


def with_waiting(root: Path, count: int) -> Path:
    (root / "layers/waiting.toml").write_text(WAITING, "utf-8")
    rows = "".join(f"A{n:03d},一团,60-90\n" for n in range(count))
    (root / "data/waiting.csv").write_text("编号,单位,面积段\n" + rows, "utf-8")
    return root


RECORDS = 'role = "places"\nkind = "estate"\nsource = "data/past.csv"\ndatum = "EPSG:4538"\n[columns]\nid = "编号"\n'
RECORDS += 'homes = "套数"\noccupied = "入住"\nx = "x"\ny = "y"\n'
CALIBRATION = '[calibration]\nrecords = "past"\npredictors = ["school"]\n'


def with_records(root: Path, count: int) -> Path:
    """Past projects along the street: the farther from its west end, the emptier."""
    (root / "layers/past.toml").write_text(RECORDS, "utf-8")
    spots = [(n, 150 + n * 4000 // count) for n in range(count)]
    rows = "".join(f"R{n:02d},200,{190 - x // 25 + n % 3},{small.X0 + x},{small.Y0}\n" for n, x in spots)
    (root / "data/past.csv").write_text("编号,套数,入住,x,y\n" + rows, "utf-8")
    return root
