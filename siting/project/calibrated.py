"""What past projects teach of vacancy, and what that says of the parcels."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from siting.base.errors import InputProblems, Problem
from siting.base.living_settings import CalibrationBlock
from siting.base.model import SETTINGS_FILE
from siting.base.settings import Settings
from siting.indicators import Calibration, calibrate
from siting.project.elsewhere import measured_at
from siting.project.evaluate import Evaluator


def check_records(evaluator: Evaluator, block: CalibrationBlock) -> None:
    """Raise InputProblems for records with more homes occupied than there are, or without either number."""
    table = evaluator.places[block.records]
    for column in ("homes", "occupied"):
        if table[column].isna().any():
            found = f"{block.records}.{column}"
            raise InputProblems([Problem("used_column_empty", SETTINGS_FILE, "calibration.records", found)])
    over = table.index[table["occupied"].astype(float) > table["homes"].astype(float)]
    if len(over):
        ids = ", ".join(map(str, over[:10]))
        said = Problem("over_occupied", block.records, "occupied", str(len(over)), values={"ids": ids})
        raise InputProblems([said])


def calibrated(evaluator: Evaluator, settings: Settings, block: CalibrationBlock) -> Calibration:
    """Return the regression of vacancy on the predictors, measured where the past projects stand."""
    table = evaluator.places[block.records]
    named = {each.name: each for each in settings.criterion}
    columns: dict[str, pd.Series] = {}
    for name in block.predictors:
        met = pd.Series(True, index=table.index)
        for mode in named[name].modes:
            met &= evaluator.ends(block.records, mode).snaps["status"] == "snapped"
        columns[name] = measured_at(evaluator, named[name], block.records, table.index).where(met)
    homes, occupied = table["homes"].astype(float), table["occupied"].astype(float)
    return calibrate(
        pd.DataFrame(columns, index=table.index),
        homes - occupied,
        homes,
        predictors=block.predictors,
        vacant_is="homes",
        seed=settings.project.seed,
    )


def predicted(calibration: Calibration, raws: Mapping[str, pd.Series], parcels: pd.Index) -> pd.DataFrame:
    """Return the probability of vacancy by parcel, and whether it is extrapolated; empty where it is refused."""
    table = pd.DataFrame({name: raws[name].reindex(parcels) for name in calibration.predictors}, index=parcels)
    if not calibration.useful:
        return pd.DataFrame({"vacancy": np.nan, "is_beyond": False}, index=parcels)
    return pd.DataFrame({"vacancy": calibration.predict(table), "is_beyond": calibration.beyond_records(table)})


def calibration_table(calibration: Calibration) -> pd.DataFrame:
    """Return what was found as rows of name, item and value."""
    record = calibration.record()
    rows: list[tuple[str, str, Any]] = [
        ("", key, value) for key, value in record.items() if not isinstance(value, dict | list)
    ]
    rows += [(name, key, value) for name, row in record["coefficients"].items() for key, value in row.items()]
    rows += [(unused, "left_out_of_use", "") for unused in record["left_out_of_use"]]
    return pd.DataFrame(rows, columns=["name", "item", "value"])
