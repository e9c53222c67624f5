#!/usr/bin/env python3
"""The DuckDB side of the SCAN and P4 rows (tests/benches/budget).

usage: duckdb_side.py export PEERS PARQUET OUT    write OUT/opportunities.csv and OUT/reps.csv for the other side
       duckdb_side.py answer PEERS PARQUET        hold the typed table in memory; one JSON question a line, one reply a line

PEERS is the folder of bench_kpi.py and kpi_queries.sql: table, SQL and dialect are theirs. Questions:
    {"time": "q1"}      runs the query once    -> {"ms": 7.1}
    {"expect": "q1"}    -> {"cells": [[kpi, first day of the period or null, group name or null, value, n], ...]}
Expected values are exact: sums in SQL over integers, quotients rounded half-even to 18 significant digits.
"""
import argparse
import decimal
import importlib.util
import json
import os
import sys
import time

QUARTER = "closed_at >= TIMESTAMP '2025-07-01' AND closed_at < TIMESTAMP '2025-10-01'"
MONTH = "printf('%04d-%02d-01', closed_month // 12, closed_month % 12 + 1)"
WON = "count(*) FILTER (status = 'won')"
CENTS = "sum(amount_cents) FILTER (status = 'won')"
CYCLE_US = "sum(epoch_us(closed_at) - epoch_us(created_at)) FILTER (status = 'won')"
DAY_US = 86_400_000_000


def peers(folder):
    spec = importlib.util.spec_from_file_location("bench_kpi", os.path.join(folder, "bench_kpi.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def plain(number):
    """A decimal without exponent or padding."""
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def money(cents):
    return plain(decimal.Decimal(int(cents)).scaleb(-2))


def quotient(above, below):
    if not below:
        return None
    with decimal.localcontext(prec=18, rounding=decimal.ROUND_HALF_EVEN):
        return plain(decimal.Decimal(int(above)) / decimal.Decimal(int(below)))


def win_rate_by_month(run):
    rows = run(f"SELECT {MONTH} m, {WON}, count(*) FROM opp WHERE closed_at IS NOT NULL GROUP BY 1")
    return [["win_rate", month, None, quotient(won, closed), closed] for month, won, closed in rows]


def three_by_month_and_region(run):
    rows = run(f"SELECT {MONTH} m, region, {WON}, count(*), {CENTS}, {CYCLE_US} FROM opp WHERE closed_at IS NOT NULL GROUP BY 1, 2")
    for month, region, won, closed, cents, cycle in rows:
        yield ["win_rate", month, region, quotient(won, closed), closed]
        yield ["average_deal_size", month, region, quotient(cents or 0, 100 * won), won]
        yield ["sales_cycle_mean", month, region, quotient(cycle or 0, DAY_US * won), won]


def pipeline_by_stage(run):
    for stage, n, cents in run("SELECT stage, count(*), sum(amount_cents) FROM opp WHERE status = 'open' GROUP BY 1"):
        yield ["pipeline_value", None, stage, money(cents), n]
        yield ["open_deals", None, stage, str(n), n]


def quarter_by_team(run):
    rows = run(f"SELECT team, {WON}, {CENTS}, {CYCLE_US} FROM opp WHERE {QUARTER} GROUP BY 1")
    for team, won, cents, cycle in rows:
        yield ["deals_won", "2025-07-01", team, str(won), won]
        yield ["bookings", "2025-07-01", team, money(cents or 0), won]
        yield ["sales_cycle_mean", "2025-07-01", team, quotient(cycle or 0, DAY_US * won), won]


def quarter_by_owner(run):
    rows = run(f"SELECT 'rep_' || owner_id, sum(amount_cents), count(*) FROM opp WHERE status = 'won' AND {QUARTER} GROUP BY 1")
    return [["bookings", "2025-07-01", owner, money(cents), n] for owner, cents, n in rows]


def cycle_by_segment(run):
    rows = run(
        f"""SELECT segment, {MONTH}, list(epoch_us(closed_at) - epoch_us(created_at) ORDER BY epoch_us(closed_at) - epoch_us(created_at))
            FROM opp WHERE status = 'won' GROUP BY 1, 2"""
    )
    for segment, month, cycles in rows:
        for kpi, tenths in (("sales_cycle_median", 5), ("sales_cycle_p90", 9)):
            # Type 7, in tenths of a step between two neighbours.
            whole, part = divmod((len(cycles) - 1) * tenths, 10)
            value = cycles[whole] * 10 + (part and (cycles[whole + 1] - cycles[whole]) * part)
            yield [kpi, month, segment, quotient(value, 10 * DAY_US), len(cycles)]


def accounts_by_month(run):
    rows = run(f"SELECT {MONTH} m, count(DISTINCT account_id) FROM opp WHERE status = 'won' GROUP BY 1")
    return [["customers_won", month, None, str(accounts), accounts] for month, accounts in rows]


def pipeline_by_month(run):
    created = "printf('%04d-%02d-01', created_month // 12, created_month % 12 + 1)"
    rows = run(
        f"""SELECT m, sum(sum(n)) OVER (ORDER BY m), sum(sum(v)) OVER (ORDER BY m) FROM (
              SELECT {created} m, count(*) n, sum(amount_cents) v FROM opp GROUP BY 1
              UNION ALL SELECT {MONTH} m, -count(*), -sum(amount_cents) FROM opp WHERE closed_at IS NOT NULL GROUP BY 1)
            GROUP BY m"""
    )
    for month, n, cents in rows:
        yield ["open_deals", month, None, str(n), int(n)]
        yield ["pipeline_value", month, None, money(cents), int(n)]


EXPECT = {
    "q1": win_rate_by_month,
    "q2": three_by_month_and_region,
    "q3": pipeline_by_stage,
    "q4": quarter_by_team,
    "q5": quarter_by_owner,
    "q6": cycle_by_segment,
    "q7": accounts_by_month,
    "q8d": pipeline_by_month,
}


def export(a):
    import duckdb

    connection = duckdb.connect(":memory:")
    connection.execute("SET TimeZone = 'UTC'")
    source = f"read_parquet('{a.parquet}')"
    connection.execute(
        f"""COPY (SELECT 'opp_' || id AS id, 'acc_' || account_id AS account_id, 'rep_' || owner_id AS owner_id, source, product, stage,
                  amount_cents, epoch_us(created_at) AS created_us, epoch_us(closed_at) AS closed_us, segment FROM {source})
            TO '{a.out}/opportunities.csv' (HEADER)"""
    )
    connection.execute(
        f"""COPY (SELECT DISTINCT 'rep_' || owner_id AS id, team, region FROM {source} ORDER BY ALL) TO '{a.out}/reps.csv' (HEADER)"""
    )


def answer(a):
    bench = peers(a.peers)
    engine = bench.DuckDB(argparse.Namespace(threads=2, source="typed", data=a.parquet))
    queries = {name: bench.dialect(sql, "duckdb", "typed", True) for name, sql in bench.load_queries().items() if name in EXPECT}
    print(json.dumps({"version": engine.version}), flush=True)
    for line in sys.stdin:
        question = json.loads(line)
        if "time" in question:
            sql = queries[question["time"]]
            since = time.perf_counter()
            engine.run(sql)
            reply = {"ms": (time.perf_counter() - since) * 1e3}
        else:
            reply = {"cells": list(EXPECT[question["expect"]](engine.run))}
        print(json.dumps(reply), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("task", choices=["export", "answer"])
    parser.add_argument("peers")
    parser.add_argument("parquet")
    parser.add_argument("out", nargs="?")
    a = parser.parse_args()
    {"export": export, "answer": answer}[a.task](a)


if __name__ == "__main__":
    main()
