"""What every block of declared text shares: frozen, unknown keys refused, no number read from text."""

from typing import Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

SETTINGS_FILE = "siting.toml"

Number = Annotated[float, Field(allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Yuan = Annotated[float, Field(ge=0, le=1e13, allow_inf_nan=False)]
"""Money of a whole programme; ten thousand times a town's yearly budget is a slip of the pen."""
YuanSquare = Annotated[float, Field(ge=0, le=1e9, allow_inf_nan=False)]
"""Money a square metre."""
Name = Annotated[str, Field(pattern=r"^[^\W\d]\w*$")]


class Model(BaseModel):
    """A block of settings: frozen, unknown keys refused, no number read from text."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


M = TypeVar("M", bound=BaseModel)


def tried(model: type[M], raw: object) -> M | None:
    """Return a block as its model, None where it cannot be used; what is amiss is told elsewhere."""
    try:
        return TypeAdapter(model).validate_python(raw)
    except ValidationError:
        return None
