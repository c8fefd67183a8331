"""How a place counts less the farther it is: minutes to weights, every bound inclusive."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import expit

Floats = npt.NDArray[np.float64]
FIRST_MINUTE = 1.0
"""A power is not finite at 0 minutes: less than this counts as this."""


@dataclass(frozen=True)
class Decay:
    """Weights of minutes, elementwise; made by `step`, `gaussian` and the others of this module.

    cutoff: minutes beyond which the weight is 0, None where it never is.
    """

    form: str
    terms: tuple[tuple[str, Any], ...]
    cutoff: float | None

    def __call__(self, minutes: Floats) -> Floats:
        """Return the weight of each number of minutes (not negative)."""
        times = np.asarray(minutes, np.float64)
        weights = _WEIGHTS[self.form](times, **dict(self.terms))
        return weights if self.cutoff is None else np.where(times <= self.cutoff, weights, 0.0)

    def __repr__(self) -> str:
        terms = dict(self.terms)
        if self.form == "bands":
            return f"bands({dict(terms['bands'])})"
        return f"{self.form}({', '.join(f'{name}={value:g}' for name, value in terms.items())})"


def step(cutoff: float) -> Decay:
    """Return weight 1 up to `cutoff` minutes, 0 beyond. ValueError if it is negative or not finite."""
    if not (_is_number(cutoff) and cutoff >= 0):
        msg = f"cutoff must be a number of minutes, 0 or more, not {cutoff!r}"
        raise ValueError(msg)
    return Decay("step", (("cutoff", float(cutoff)),), float(cutoff))


def linear(cutoff: float) -> Decay:
    """Return 1 - t / cutoff up to `cutoff` minutes, 0 beyond. ValueError if it is not positive."""
    return Decay("linear", (("cutoff", _positive("cutoff", cutoff)),), float(cutoff))


def gaussian(cutoff: float) -> Decay:
    """Return [e^(-(t/cutoff)²/2) - e^(-1/2)] / (1 - e^(-1/2)) up to `cutoff` minutes: 1 at 0 minutes, 0 at the bound.

    ValueError if the cutoff is not positive. Source: Dai 2010.
    """
    return Decay("gaussian", (("cutoff", _positive("cutoff", cutoff)),), float(cutoff))


def exponential(*, beta: float | None = None, half_at: float | None = None) -> Decay:
    """Return e^(-beta t), by its `beta` a minute or by the minutes `half_at` at which half the weight is left.

    ValueError unless exactly one of them is given, and positive. Source: Wilson 1971.
    """
    if (beta is None) == (half_at is None):
        msg = "exponential takes one of beta, half_at"
        raise ValueError(msg)
    rate = _positive("beta", beta) if half_at is None else float(np.log(2)) / _positive("half_at", half_at)
    return Decay("exponential", (("beta", rate),), None)


def power(beta: float) -> Decay:
    """Return t^(-beta); less than one minute counts as one, so that the weight is never more than 1.

    ValueError if beta is not positive. Source: Hansen 1959.
    """
    return Decay("power", (("beta", _positive("beta", beta)),), None)


def logistic(*, midpoint: float, spread: float) -> Decay:
    """Return 1 / (1 + e^((t - midpoint) / spread)): one half at `midpoint` minutes, 0.27 one `spread` later.

    ValueError if one of them is not positive. Source: Bauer & Groneberg 2016, in the form of e.
    """
    terms = (("midpoint", _positive("midpoint", midpoint)), ("spread", _positive("spread", spread)))
    return Decay("logistic", terms, None)


def bands(bands: Mapping[float, float]) -> Decay:
    """Return the weight of the first bound not below the minutes: `{10: 1, 20: .68}` weighs 10 minutes 1, 10.01 .68.

    Beyond the last bound 0. ValueError for no band, and for bounds or weights that are negative or not finite.
    Source: Luo & Qi 2009.
    """
    if not isinstance(bands, Mapping) or not bands:
        msg = "bands must be weights by their bound in minutes, such as {10: 1, 20: 0.68}"
        raise ValueError(msg)
    if not all(_is_number(each) and each >= 0 for pair in bands.items() for each in pair):
        msg = f"bands must have bounds and weights that are finite and not negative, not {dict(bands)}"
        raise ValueError(msg)
    ordered = tuple(sorted((float(bound), float(weight)) for bound, weight in bands.items()))
    return Decay("bands", (("bands", ordered),), ordered[-1][0])


FORMS: Mapping[str, Callable[..., Decay]] = {
    each.__name__: each for each in (step, linear, exponential, power, gaussian, logistic, bands)
}


def decay(form: str, terms: Mapping[str, Any]) -> Decay:
    """Return the decay of a form by its name, with its terms; ValueError for an unknown form, or other terms."""
    maker = FORMS.get(form)
    if maker is None:
        msg = f"form must be one of {', '.join(FORMS)}, not {form!r}"
        raise ValueError(msg)
    taken = inspect.signature(maker).parameters
    needed = [name for name, each in taken.items() if each.default is inspect.Parameter.empty]
    if not set(needed) <= set(terms) <= set(taken):
        msg = f"{form} takes the terms {', '.join(taken)}, not {', '.join(map(str, terms)) or 'none'}"
        raise ValueError(msg)
    return maker(**terms)


def _step(minutes: Floats, cutoff: float) -> Floats:
    return (minutes <= cutoff).astype(np.float64)


def _linear(minutes: Floats, cutoff: float) -> Floats:
    return 1.0 - minutes / cutoff


def _gaussian(minutes: Floats, cutoff: float) -> Floats:
    rest = np.exp(-0.5)
    return np.asarray((np.exp(-0.5 * (minutes / cutoff) ** 2) - rest) / (1.0 - rest))


def _exponential(minutes: Floats, beta: float) -> Floats:
    return np.exp(-beta * minutes)


def _power(minutes: Floats, beta: float) -> Floats:
    return np.asarray(np.maximum(minutes, FIRST_MINUTE) ** -beta)


def _logistic(minutes: Floats, midpoint: float, spread: float) -> Floats:
    return np.asarray(expit((midpoint - minutes) / spread))


def _bands(minutes: Floats, bands: tuple[tuple[float, float], ...]) -> Floats:
    bounds, weights = np.array(bands).T
    return np.asarray(np.append(weights, 0.0)[np.searchsorted(bounds, minutes, side="left")])


_WEIGHTS: Mapping[str, Callable[..., Floats]] = {
    "step": _step,
    "linear": _linear,
    "gaussian": _gaussian,
    "exponential": _exponential,
    "power": _power,
    "logistic": _logistic,
    "bands": _bands,
}


def _is_number(value: object) -> bool:
    return (
        isinstance(value, int | float | np.number) and not isinstance(value, bool) and bool(np.isfinite(float(value)))
    )


def _positive(name: str, value: Any) -> float:
    if not (_is_number(value) and value > 0):
        msg = f"{name} must be a positive number, not {value!r}"
        raise ValueError(msg)
    return float(value)
