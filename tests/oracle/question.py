"""A question: its periods, its groups, and the rows of each cell (KPI-RULES 5.0, R5-R9)."""

from fractions import Fraction

from . import times

EXPONENTS = {"JPY": 0, "KRW": 0, "KWD": 3, "BHD": 3}


class Span:
    """A period, what came before it, and its bounds as days where it has such."""

    def __init__(self, start, end, previous):
        self.start, self.end, self.previous = start, end, previous


class Money:
    """Amounts of rows: their sum in major units, how many rows there are and how many have one."""

    def __init__(self, total, items, seen):
        self.total, self.items, self.seen = total, items, seen


class Question:
    """A question to one state of knowledge."""

    def __init__(self, world, asked):
        self.world, self.zone = world, world.zone
        as_of = times.when(asked["as_of"])
        self.as_of = self.zone.start(as_of[1] + 1) if as_of[0] == "day" else as_of[1]
        self.by, self.filters = asked.get("group_by", []), asked.get("filters", [])
        self.now = asked.get("dimensions_at") == "DIMENSIONS_AT_NOW"
        start, end = times.when(asked.get("from")), times.when(asked.get("to"))
        self.start = self.zone.begin(start) if start else None
        self.end = self.zone.begin(end) if end else None
        self.grain = asked.get("grain")
        self.spans = self._cut() if self.grain else [self._whole()]
        self.last_day = self.zone.day_of(self.as_of - 1)
        self._kept = {}

    def _whole(self):
        start, end = self.start, self.end if self.end is not None else self.as_of
        if start is None or start >= end:
            return Span(start, self.end, None)
        if self.zone.is_start(start) and self.zone.is_start(end):
            first, last = self.zone.day_of(start), self.zone.day_of(end)
            before = self.world.calendar.before_range(first, last)
            return Span(start, self.end, self._elapsed(before, (first, last)))
        passed = min(max(self.as_of, start), end) - start
        return Span(start, self.end, (start - (end - start), start - (end - start) + passed))

    def _cut(self):
        grain = self.grain.removeprefix("GRAIN_").lower()
        calendar, end = self.world.calendar, self.end if self.end is not None else self.as_of
        first, last = self.zone.day_of(self.start), self.zone.day_of(end - 1) + 1
        found = []
        for full in calendar.cut(grain, first, last):
            start, until = (self.zone.start(day) for day in full)
            previous = self._elapsed(calendar.whole(grain, full[0] - 1), full)
            found.append(Span(max(start, self.start), min(until, end), previous))
        return found

    def _elapsed(self, before, full):
        """The days before as instants; while the period runs cut to as many days, and of today the same time (R8)."""
        start, end = (self.zone.start(day) for day in before)
        if self.as_of >= self.zone.start(full[1]):
            return start, end
        today = self.zone.day_of(self.as_of)
        if self.as_of <= self.zone.start(full[0]):
            return start, start
        same = self.zone.start(before[0] + today - full[0]) + self.as_of - self.zone.start(today)
        return start, min(end, same)

    def shown(self, at):
        """A bound as answers show it."""
        if at is None:
            return None
        if self.zone.is_start(at):
            return {"date": times.date(self.zone.day_of(at)).isoformat()}
        return {"instant": at}

    # Windows of a period. None = there is none.

    def window(self, span, axis):
        """From when to when, up to as-of."""
        start = times.EVER if span.start is None else span.start
        end = self.as_of if span.end is None else min(span.end, self.as_of)
        if axis == "this":
            return start, end
        if axis == "previous":
            return span.previous
        if axis == "before":
            return (times.EVER, min(start, self.as_of)) if span.start is not None else None
        if axis == "ever":
            return times.EVER, end
        if axis.startswith("months:"):
            back = self.months_back(end, int(axis[7:]))
            return back, end
        raise ValueError(axis)

    def months_back(self, end, count):
        """The instant so many civil months before the end of a period."""
        number = self.zone.day_of(end)
        at = times.date(number)
        first = times.months(at.year, at.month - count)
        last = times.months(at.year, at.month - count + 1) - 1
        same = min(first + at.day - 1, last)
        return self.zone.start(same) + end - self.zone.start(number)

    def point(self, span, axis):
        """The instant at which a stock stands: the period's end or start, or as-of where that is earlier."""
        if axis == "end":
            return self.as_of if span.end is None else min(span.end, self.as_of)
        if axis == "start":
            return None if span.start is None else min(span.start, self.as_of)
        if axis == "year":
            return self.months_back(self.point(span, "end"), 12)
        raise ValueError(axis)

    def rows(self, table, axis, dimensions):
        """The rows of a table by period and group."""
        key = table, axis, dimensions
        if key not in self._kept:
            found = {}
            for number, span in enumerate(self.spans):
                for row, at in self._of_span(table, axis, span):
                    if all(self.value(row, f["dimension"], at) in self._wanted(f) for f in self._each_filter()):
                        group = tuple(self.value(row, dimension, at) for dimension in dimensions)
                        found.setdefault((number, group), []).append(row)
            self._kept[key] = found
        return self._kept[key]

    def _each_filter(self):
        seen = {}
        for one in self.filters:
            seen.setdefault(one["dimension"], one)
        return seen.values()

    def _wanted(self, one):
        """Filters on one dimension are OR; an empty value means missing."""
        return [f.get("value") or None for f in self.filters if f["dimension"] == one["dimension"]]

    def _of_span(self, table, axis, span):
        world = self.world
        if table in ("open_deals", "subscriptions", "contracts"):
            at = self.point(span, axis)
            found = getattr(world, table)(at) if at is not None else []
            return [(row, at - 1) for row in found]
        if table == "employment" and axis in ("end", "start"):
            at = self.point(span, axis)
            return [(row, at - 1) for row in world.rows(table) if row.at < at <= row.until]
        if axis == "during":
            start = times.EVER if span.start is None else span.start
            end = self.as_of if span.end is None else span.end
            # Who was employed is known up to as-of; a quota is there for all of its period.
            end = min(end, self.as_of) if table == "employment" else end
            held = [row for row in world.rows(table) if row.at < end and row.until > start and start < end]
            return [(row, max(row.at, start)) for row in held]
        window = self.window(span, axis)
        if window is None:
            return []
        found = world.created_deals(self.as_of) if table == "created_deals" else world.rows(table)
        hits = [row for row in found if window[0] <= row.at < min(window[1], self.as_of)]
        return [(row, row.at) for row in hits if row.until is None or row.until >= self.as_of]

    def value(self, row, dimension, at):
        """What a row is along a dimension at its instant."""
        people = self.world.people
        if self.now:
            at = self.as_of - 1
        if dimension == "owner":
            return people.name("rep", row.owner)
        if dimension == "account":
            return people.name("account", row.account)
        if dimension in ("region", "territory"):
            return people.of_rep(row.owner, dimension, at)
        if dimension == "manager":
            return people.manager(row.owner, at)
        if dimension == "team":
            return people.name("team", people.team_of(row.owner, at))
        if dimension.startswith("account_"):
            return people.of_account(row.account, dimension.removeprefix("account_"), at)
        if dimension == "currency":
            return row.money[1] if row.money else None
        return getattr(row, dimension)

    def convert(self, minor, currency, at, policy):
        """An amount in minor units of the tenant's currency, not rounded."""
        home = self.world.currency
        if currency == home:
            return Fraction(minor)
        day, budget = self.last_day, None
        if policy == "booked":
            day = self.zone.day_of(at)
        elif policy == "constant":
            budget = self.world.settings.get("constant_currency_budget") or None
        scale = Fraction(10) ** (exponent(home) - exponent(currency))
        return minor * self.world.rate(currency, day, budget) * scale


def exponent(currency):
    """How many decimals a currency has."""
    return EXPONENTS.get(currency, 2)
