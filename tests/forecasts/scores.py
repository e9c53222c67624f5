"""An independent look at the scores of `bellwether forecast evaluate-scores --per-row`, without the product's code.

    python3 scores.py FILE.csv TARGET POSITIVE IGNORED,COLUMNS ROWS.csv

Prints one JSON object: `own` are the measures of the probabilities in ROWS.csv, computed anew; `reference` are those of
scikit-learn's logistic regression (one-hot) and gradient boosting, learned from the rows that ROWS.csv does not name and
measured on those that it names; null where scikit-learn is not installed.
"""

import csv
import json
import math
import sys


def measures(pairs):
    """The measures of (probability, outcome) pairs, by their definitions."""
    n = len(pairs)
    won = sum(y for _, y in pairs)
    order = sorted(p for p, y in pairs if not y)
    wins = 0.0
    for p, y in pairs:
        if y:
            wins += below(order, p) + 0.5 * (below(order, math.nextafter(p, 2)) - below(order, p))
    bins = [[0, 0.0, 0] for _ in range(10)]
    for p, y in pairs:
        part = bins[min(int(p * 10), 9)]
        part[0] += 1
        part[1] += p
        part[2] += y
    return {
        "n_test": n,
        "auc": wins / (won * (n - won)) if 0 < won < n else None,
        "log_loss": -sum(math.log(p if y else 1 - p) for p, y in pairs) / n,
        "brier": sum((p - y) ** 2 for p, y in pairs) / n,
        "ece10": sum(abs(said - seen) for _, said, seen in bins) / n,
        "count_error": abs(sum(p for p, _ in pairs) - won) / won if won else None,
    }


def below(ordered, value):
    """How many of the ordered values are below one."""
    low, high = 0, len(ordered)
    while low < high:
        middle = (low + high) // 2
        if ordered[middle] < value:
            low = middle + 1
        else:
            high = middle
    return low


def cells(rows, names):
    """Columns as lists: numbers where all cells are numbers or empty, else words."""
    columns = {}
    for name in names:
        texts = [row[name].strip() for row in rows]
        try:
            columns[name] = [float(text) if text else math.nan for text in texts]
        except ValueError:
            columns[name] = texts
    return columns


def reference(path, target, positive, ignored, tested):
    """scikit-learn on the same rows."""
    try:
        import numpy as np
        from sklearn.compose import ColumnTransformer
        from sklearn.ensemble import HistGradientBoostingClassifier
        from sklearn.impute import SimpleImputer
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler
    except ImportError:
        return None
    with open(path, newline="", encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    names = [name for name in rows[0] if name != target and name not in ignored]
    columns = cells(rows, names)
    numbers = [at for at, name in enumerate(names) if isinstance(columns[name][0], float)]
    words = [at for at in range(len(names)) if at not in numbers]
    table = np.empty((len(rows), len(names)), dtype=object)
    for at, name in enumerate(names):
        table[:, at] = columns[name]
    ends = np.array([row[target] == positive for row in rows])
    test = np.zeros(len(rows), dtype=bool)
    test[[row - 1 for row in tested]] = True
    one_hot = OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=5)
    scaled = make_pipeline(SimpleImputer(), StandardScaler())
    linear = make_pipeline(
        ColumnTransformer([("n", scaled, numbers), ("w", one_hot, words)]), LogisticRegression(max_iter=2000)
    )
    ordinal = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1, max_categories=250)
    trees = make_pipeline(
        ColumnTransformer([("n", "passthrough", numbers), ("w", ordinal, words)]),
        HistGradientBoostingClassifier(random_state=7),
    )
    out = {}
    for name, model in [("logistic", linear), ("boosting", trees)]:
        model.fit(table[~test], ends[~test])
        said = model.predict_proba(table[test])[:, 1]
        out[name] = measures([(float(p), int(y)) for p, y in zip(said, ends[test])])
    return out


def main():
    path, target, positive, ignored, scored = sys.argv[1:6]
    with open(scored, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    pairs = [(float(row["probability"]), int(row["ended_well"] == "true")) for row in rows]
    tested = [int(row["row"]) for row in rows]
    print(json.dumps({
        "own": measures(pairs),
        "reference": reference(path, target, positive, ignored.split(","), tested),
    }))


main()
