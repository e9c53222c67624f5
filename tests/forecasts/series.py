"""An independent look at `bellwether forecast evaluate`.

usage: python3 series.py FILE.csv HORIZON SEASON FORECASTS.csv

Scores FORECASTS.csv (what --per-series wrote) against FILE.csv with its own definitions of sMAPE, MASE, OWA, coverage and
MSIS and its own Naive2, in plain Python. Where statsforecast is installed, the mean of its AutoTheta and AutoETS is scored
beside it. Prints one JSON object.
"""

import csv
import json
import math
import sys
import time


def read_series(path):
    """Names and values; a gap is None."""
    csv.field_size_limit(1 << 30)
    with open(path, newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            yield row["id"], [None if word == "NA" else float(word) for word in row["values"].split()]


def fill(values):
    """Gaps are bridged by lines; gaps at the start are dropped."""
    while values and values[0] is None:
        values = values[1:]
    filled = list(values)
    known = [at for at, value in enumerate(values) if value is not None]
    for at, value in enumerate(values):
        if value is None:
            before = max(k for k in known if k < at)
            after = [k for k in known if k > at]
            if not after:
                filled[at] = values[before]
                continue
            share = (at - before) / (after[0] - before)
            filled[at] = values[before] * (1 - share) + values[after[0]] * share
    return filled


def is_seasonal(y, season):
    """The test of the M4 competition."""
    if season < 2 or len(y) < 3 * season:
        return False
    mean = sum(y) / len(y)
    power = sum((v - mean) ** 2 for v in y)
    if power == 0:
        return False
    acf = [
        sum((y[t] - mean) * (y[t - lag] - mean) for t in range(lag, len(y))) / power
        for lag in range(1, season + 1)
    ]
    limit = 1.645 * math.sqrt((1 + 2 * sum(r * r for r in acf[:-1])) / len(y))
    return abs(acf[-1]) > limit


def indices(y, season):
    """What each phase of the classical decomposition multiplies by, or, where not all values are above zero, adds."""
    times = min(y) > 0
    half, found = season // 2, [[] for _ in range(season)]
    for t in range(half, len(y) - half):
        if season % 2:
            level = sum(y[t - half : t + half + 1]) / season
        else:
            level = (y[t - half] / 2 + sum(y[t - half + 1 : t + half]) + y[t + half] / 2) / season
        found[t % season].append(y[t] / level if times else y[t] - level)
    figures = [sum(all_) / len(all_) for all_ in found]
    mean = sum(figures) / season
    return times, [figure / mean if times else figure - mean for figure in figures]


def naive2(y, season, horizon):
    if not is_seasonal(y, season):
        return [y[-1]] * horizon
    times, figures = indices(y, season)
    last, phases = figures[(len(y) - 1) % season], [(len(y) + step) % season for step in range(horizon)]
    if times:
        return [y[-1] / last * figures[phase] for phase in phases]
    return [y[-1] - last + figures[phase] for phase in phases]


def smape(came, said):
    scored = [(c, s) for c, s in zip(came, said) if c is not None]
    parts = [0 if c == s == 0 else 200 * abs(c - s) / (abs(c) + abs(s)) for c, s in scored]
    return sum(parts) / len(parts) if parts else None


def scale(past, season):
    lag = max(season, 1)
    parts = [abs(a - b) for a, b in zip(past, past[lag:]) if a is not None and b is not None]
    mean = sum(parts) / len(parts) if parts else 0
    return mean or None


def mase(came, said, unit):
    parts = [abs(c - s) for c, s in zip(came, said) if c is not None]
    return sum(parts) / len(parts) / unit if parts and unit else None


def mean(values):
    values = [value for value in values if value is not None]
    return sum(values) / len(values) if values else None


def read_forecasts(path):
    """By series: rows by step."""
    found = {}
    with open(path, newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["step"]:
                found.setdefault(row["id"], []).append(row)
    return found


def score(series, horizon, season, say):
    """Means over the series for which `say(id, past)` says something."""
    rows = []
    for name, values in series:
        past, came = values[:-horizon], values[-horizon:]
        said = say(name, past)
        if said is None:
            continue
        unit, naive = scale(past, season), naive2(fill(past), season, horizon)
        rows.append((smape(came, said), mase(came, said, unit), smape(came, naive), mase(came, naive, unit)))
    columns = [mean(column) for column in zip(*rows)]
    owa = (columns[0] / columns[2] + columns[1] / columns[3]) / 2
    return {"smape": columns[0], "mase": columns[1], "owa": owa}


def score_bands(series, horizon, season, forecasts):
    held, scored, scores = {"80": 0, "95": 0}, 0, []
    for name, values in series:
        rows, unit = forecasts.get(name), scale(values[:-horizon], season)
        if rows is None:
            continue
        parts = []
        for came, row in zip(values[-horizon:], rows):
            if came is None:
                continue
            scored += 1
            for level in held:
                held[level] += float(row["low" + level]) <= came <= float(row["high" + level])
            low, high = float(row["low95"]), float(row["high95"])
            parts.append(high - low + 40 * max(low - came, came - high, 0))
        if parts and unit:
            scores.append(sum(parts) / len(parts) / unit)
    shares = {"coverage" + level: count / scored for level, count in held.items()}
    return shares | {"msis95": mean(scores)}


def reference(horizon, season):
    """The mean of statsforecast's AutoTheta and AutoETS; None where it is not installed."""
    try:
        import numpy
        from statsforecast.models import AutoETS, AutoTheta
    except ImportError:
        return None

    def say(_, past):
        y = numpy.array(fill(past), dtype=float)
        models = [AutoTheta(season_length=season), AutoETS(season_length=season)]
        means = [model.forecast(y=y, h=horizon)["mean"] for model in models]
        return [float(value) for value in sum(means) / len(means)]

    return say


def main():
    path, horizon, season, forecasts = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
    series = list(read_series(path))
    said = read_forecasts(forecasts)
    own = score(
        series, horizon, season, lambda name, _: [float(row["forecast"]) for row in said[name]] if name in said else None
    )
    result = {"own": own | score_bands(series, horizon, season, said), "reference": None}
    say = reference(horizon, season)
    if say:
        began = time.perf_counter()
        result["reference"] = score(series, horizon, season, say)
        result["reference"]["ms_per_series"] = (time.perf_counter() - began) * 1000 / len(series)
    print(json.dumps(result))


if __name__ == "__main__":
    main()
