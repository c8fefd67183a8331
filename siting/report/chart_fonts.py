"""Which letters charts and maps are written in, and PNG bytes that stay the same."""

import io
import warnings
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib import font_manager
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from siting.base.columns import Language
from siting.base.errors import Problem

CJK_FAMILIES = (
    *("SimSun", "Microsoft YaHei", "SimHei", "PingFang SC", "Hiragino Sans GB", "Heiti SC", "Songti SC"),
    *("WenQuanYi Micro Hei", "WenQuanYi Zen Hei", "Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC"),
    *("Noto Serif CJK SC", "AR PL UMing CN", "Droid Sans Fallback"),
)
"""Tried in this order; the first that the machine has letters every chart of a run."""
_CJK_FILES = (
    *("simsun", "msyh", "simhei", "pingfang", "hiragino", "stheiti", "songti", "wqy", "notosanscjk", "notosanssc"),
    *("notoserifcjk", "sourcehan", "uming", "droidsansfallback"),
)
DPI = 200
BLUE, ORANGE, GREEN, PURPLE, YELLOW, SKY = "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"
COLOURS = (BLUE, ORANGE, GREEN, PURPLE, YELLOW, SKY)
"""Of Okabe and Ito: colour-blind people tell them apart."""
INK, GREY, PALE = "#222222", "#8a8a8a", "#d9d9d9"


def lettering(
    language: Language, families: Sequence[str] | None = None
) -> tuple[Language, tuple[str, ...], Problem | None]:
    """Return the language that charts can be lettered in, the fonts to use, and a note where it is not the one asked.

    families: the font families that the machine has; looked up if None. Without a Chinese font the letters are English:
    boxes in place of signs tell nobody anything.
    """
    known = set(_installed() if families is None else families)
    found = tuple(family for family in CJK_FAMILIES if family in known)[:1]
    if language == "zh" and not found:
        return "en", ("DejaVu Sans",), Problem("no_cjk_font", level="note")
    return language, (*found, "DejaVu Sans") if language == "zh" else ("DejaVu Sans", *found), None


def drawn(make: Callable[[], Figure], fonts: Sequence[str]) -> bytes:
    """Return the PNG of a figure: no date, no program, fixed dots an inch, so that the same figure gives the same bytes.

    `make` builds the figure while the fonts are set; text of the data is never read as formulas.
    """
    settings: Any = {
        "font.family": list(fonts),
        "font.size": 9,
        "text.parse_math": False,
        "text.usetex": False,
        "axes.unicode_minus": False,
        "text.color": INK,
        "axes.edgecolor": GREY,
        "axes.labelcolor": INK,
        "xtick.color": INK,
        "ytick.color": INK,
        "path.simplify": True,
    }
    with mpl.rc_context(), warnings.catch_warnings():
        mpl.rcdefaults()
        mpl.rcParams.update(settings)
        warnings.filterwarnings("ignore", message=".*Glyph.*", category=UserWarning)
        figure = make()
        canvas = FigureCanvasAgg(figure)
        raw = io.BytesIO()
        print_png: Any = canvas.print_png
        print_png(raw, metadata={"Software": None})
    return raw.getvalue()


def sheet(width: float, height: float) -> Figure:
    """Return an empty figure of so many inches on white."""
    return Figure(figsize=(width, height), dpi=DPI, facecolor="white", layout="constrained")


def bare(axes: Any) -> None:
    """Leave only the left edge of a chart: the numbers stand on the bars."""
    for side in ("top", "right", "bottom"):
        axes.spines[side].set_visible(False)
    axes.tick_params(length=0)


def has_chinese(fonts: Sequence[str]) -> bool:
    """Return whether the fonts have letters for Chinese text of the data."""
    return any(family in CJK_FAMILIES for family in fonts)


@cache
def _installed() -> frozenset[str]:
    """Return the font families of the machine; the list that matplotlib keeps may be older than a font."""
    for file in sorted(font_manager.findSystemFonts()):
        if Path(file).name.lower().startswith(_CJK_FILES):
            try:
                font_manager.fontManager.addfont(file)
            except (OSError, RuntimeError):  # a broken font file is the machine's affair, not the run's
                continue
    return frozenset(entry.name for entry in font_manager.fontManager.ttflist)
