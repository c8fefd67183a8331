"""What every block of declared text shares: frozen, unknown keys refused, no number read from text."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

SETTINGS_FILE = "siting.toml"

Number = Annotated[float, Field(allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Name = Annotated[str, Field(pattern=r"^[^\W\d]\w*$")]


class Model(BaseModel):
    """A block of settings: frozen, unknown keys refused, no number read from text."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)
