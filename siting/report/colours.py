"""Colours of scores: five steps that colour-blind people tell apart (after Viridis, light to dark)."""

STEPS: tuple[tuple[float, str], ...] = (
    (0.2, "#fde725"),
    (0.4, "#8fd744"),
    (0.6, "#35b779"),
    (0.8, "#31688e"),
    (1.0, "#440154"),
)
UNSCORED = "#c8c8c8"


def score_colour(score: float | None) -> str:
    """Return the colour of a score 0..1; grey where there is none."""
    if score is None or score != score:  # noqa: PLR0124  NaN is the only number unequal to itself
        return UNSCORED
    return next((colour for bound, colour in STEPS if score <= bound), STEPS[-1][1])
