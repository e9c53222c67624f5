"""What a company is asked: every KPI under many cuts, as of several instants and as known at several positions."""

from . import times
from .company import Draw

# Cuts: from, to, grain. None as from = no range.
CUTS = (
    ("2024-01-01", "2025-01-01", None),
    ("2024-01-01", "2025-01-01", "MONTH"),
    ("2023-04-01", "2024-10-01", "FISCAL_QUARTER"),
    ("2023-11-20", "2024-03-11", "FISCAL_MONTH"),
    ("2024-02-26", "2024-04-09", "WEEK"),
    ("2023-02-10", "2024-11-03", "QUARTER"),
    ("2022-06-01", "2025-06-01", "FISCAL_YEAR"),
    ("2024-03-25", "2024-04-05", "DAY"),
    ("2023-07-01", "2024-01-01", None),
    ("2024-02-29", "2024-05-13", None),
    ("2024-05-17T09:30:00Z", "2024-08-02T18:00:00.5Z", None),
    (None, None, None),
    ("2023-01-01", None, "YEAR"),
)
AS_OF = ("2025-06-30", "2024-08-15", "2024-12-31", "2024-03-31T09:15:30Z", "2024-06-30", "2023-12-31", "2024-10-27")
# What is asked beside the dimensions that the catalogue names, wherever the first is one of them.
MORE = {"team": ("team.1", "team.2"), "territory": ("territory.1",), "owner": ("attr.badge",), "account": ("attr.tier",)}


def field(text):
    """A DateOrTime of the contract."""
    return None if text is None else {"instant": text} if "T" in text else {"date": text}


def dimensions(kpi):
    """The dimensions of a KPI that the oracle asks for."""
    found = [name for name in kpi.get("dimensions", []) if not name.startswith("attr.") and "." not in name]
    for name, more in MORE.items():
        found += more if name in found else ()
    return found


def questions(seed, kpis, positions, values):
    """All questions about a company. `values` tells what a dimension has been seen to be."""
    draw, other = Draw(seed + 1000), Draw(seed + 2000)
    known = sorted({name for kpi in kpis for name in dimensions(kpi)})
    plans = []
    for place, (start, end, grain) in enumerate(CUTS):
        for by in ([], None, None):
            asked = {
                "from": field(start),
                "to": field(end),
                "grain": f"GRAIN_{grain}" if grain else None,
                "as_of": field(AS_OF[0] if place % 3 == 0 and by == [] else draw.choice(AS_OF)),
                "group_by": draw.sample(known, draw.choice((1, 1, 2))) if by is None else [],
            }
            if draw.chance(0.35):
                name = draw.choice(known)
                some = values.get(name) or ["?"]
                picked = draw.sample(some, min(len(some), draw.choice((1, 2))))
                asked["filters"] = [{"dimension": name, **({"value": value} if value else {})} for value in picked]
            if draw.chance(0.15):
                asked["filters"] = [{"dimension": "team_tree", "value": draw.choice(values["team"] or ["?"]) or "?"}]
            if draw.chance(0.3):
                asked["dimensions_at"] = "DIMENSIONS_AT_NOW"
            if (grain or (end and "T" not in (start or ""))) and other.chance(0.4):
                asked["elapsed"] = "ELAPSED_WORKING_DAYS"
            if draw.chance(0.5):
                asked["known_at"] = {"seq": draw.choice(positions)}
            plans.append({key: value for key, value in asked.items() if value is not None})
    out = []
    for asked in plans:
        needed = {*asked["group_by"], *(one["dimension"] for one in asked.get("filters", []))}
        needed = {"team" if name == "team_tree" else name for name in needed}
        fit = [kpi["id"] for kpi in kpis if needed <= set(dimensions(kpi))]
        if "from" not in asked:
            # Who was always there has worked on more days than can be told.
            fit = [kpi for kpi in fit if kpi != "activity_rate"]
        for first in range(0, len(fit), 32):
            out.append({**asked, "kpis": fit[first:first + 32]})
    return out


def values(world):
    """What dimensions are, to filter by."""
    rows = [*world.rows("closings"), *world.rows("leads")]
    found = {}
    for row in rows:
        for name in ("product", "pipeline", "stage", "source", "campaign", "type", "loss_reason", "product_family"):
            found.setdefault(name, set()).add(getattr(row, name))
        found.setdefault("owner", set()).add(world.people.name("rep", row.owner))
        found.setdefault("account", set()).add(world.people.name("account", row.account))
        for name in ("industry", "region", "segment"):
            found.setdefault(f"account_{name}", set()).add(world.people.of_account(row.account, name, times.NEVER))
        for name in ("region", "territory"):
            found.setdefault(name, set()).add(world.people.of_rep(row.owner, name, times.NEVER))
    found["currency"] = {"EUR", "USD", None}
    for name in ("gold", "tin", None):
        found.setdefault("attr.tier", set()).add(name)
        found.setdefault("attr.badge", set()).add(name)
    for name in ("team", "manager"):
        found[name] = {None}
    found["team"] |= {world.people.name("team", id) for id in world.people.teams}
    found["manager"] |= {world.people.manager(id, times.NEVER) for id in world.people.reps}
    return {name: sorted(some, key=lambda value: (value is None, value or "")) for name, some in found.items()}
