"""Arguments of public functions, checked at the door: a wrong one is a ValueError with its name."""

from collections.abc import Callable
from functools import wraps
from inspect import signature
from typing import Literal, ParamSpec, TypeVar

import geopandas as gpd
import pandas as pd

P = ParamSpec("P")
R = TypeVar("R")
Kind = Literal["shapes", "table", "column", "number"]
_TYPES: dict[str, tuple[type, ...]] = {
    "shapes": (gpd.GeoDataFrame, gpd.GeoSeries),
    "table": (pd.DataFrame,),
    "column": (pd.Series,),
    "number": (int, float),
}


def takes(**kinds: Kind) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Return a decorator that raises ValueError for an argument that is not of its kind; None only where it is the default."""

    def checked(function: Callable[P, R]) -> Callable[P, R]:
        names = signature(function)

        @wraps(function)
        def call(*args: P.args, **kwargs: P.kwargs) -> R:
            given = names.bind_partial(*args, **kwargs).arguments
            for name, kind in kinds.items():
                is_left_out = name in given and given[name] is None and names.parameters[name].default is None
                if name in given and not is_left_out and not isinstance(given[name], _TYPES[kind]):
                    wanted = " or ".join(each.__name__ for each in _TYPES[kind])
                    message = f"{name} must be a {wanted}, not {type(given[name]).__name__}"
                    raise ValueError(message)
            return function(*args, **kwargs)

        return call

    return checked
