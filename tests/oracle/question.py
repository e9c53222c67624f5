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
        self.working = asked.get("elapsed") == "ELAPSED_WORKING_DAYS"
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
        of_today = self.as_of - self.zone.start(today)
        if self.working:
            return start, self._worked(before, range(full[0], today), today if of_today else None, of_today)
        same = self.zone.start(before[0] + today - full[0]) + of_today
        return start, min(end, same)

    def _worked(self, before, passed, running, of_today):
        """Where as many working days end as have passed; of one that runs, the same time of the one of its number."""
        works, start = self.world.business.works, self.zone.start
        days = [day for day in range(*before) if works(day)]
        done = sum(works(day) for day in passed)
        if running is not None and works(running):
            if done >= len(days):
                return start(before[1])
            return min(start(days[done]) + of_today, start(days[done] + 1))
        if done > len(days):
            return start(before[1])
        return start(days[done - 1] + 1) if done else start(before[0])

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
            return times.EVER, self.as_of
        if axis.startswith("months:"):
            back = self.months_back(end, int(axis[7:]))
            return back, end
        if axis.startswith("days:"):
            return self.days_back(end, int(axis[5:])), end
        raise ValueError(axis)

    def days_back(self, end, count):
        """The instant so many civil days before another one."""
        number = self.zone.day_of(end)
        return self.zone.start(number - count) + end - self.zone.start(number)

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
        if axis.startswith("back:"):
            return self.months_back(self.point(span, "end"), int(axis[5:]))
        if axis == "previous":
            return None if span.previous is None else min(span.previous[0], self.as_of)
        raise ValueError(axis)

    def rows(self, table, axis, dimensions, every=False):
        """The rows of a table by period and group; `every` row, also those that filters leave out."""
        key = table, axis, dimensions, every
        if key not in self._kept:
            found = {}
            for number, span in enumerate(self.spans):
                for row, at in self._of_span(table, axis, span):
                    if every or all(self._passes(row, one, at) for one in self._each_filter()):
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
        if table in ("open_deals", "subscriptions", "contracts") and axis in ("during", "before"):
            return self._of_time(table, axis, span)
        if table in ("open_deals", "subscriptions", "contracts"):
            at = self.point(span, axis)
            found = world.stock(table, at) if at is not None else []
            return [(row, at - 1) for row in found]
        if table == "employment" and axis in ("end", "start"):
            at = self.point(span, axis)
            return [(row, at - 1) for row in world.rows(table) if row.at < at <= row.until]
        if axis.startswith("during"):
            start = times.EVER if span.start is None else span.start
            end = self.as_of if span.end is None else span.end
            if axis.endswith("previous"):
                start, end = span.previous or (self.as_of, self.as_of)
            # Who was employed is known up to as-of; a quota is there for all of its period.
            end = min(end, self.as_of) if table == "employment" else end
            held = [row for row in world.rows(table) if row.at < end and row.until > start and start < end]
            return [(row, max(row.at, start)) for row in held]
        window = self.window(span, axis)
        if window is None:
            return []
        if table == "created_deals":
            found = world.created_deals(self.as_of)
        elif table == "ramps":
            found = world.people.ramps(world, self)
        else:
            found = world.rows(table)
        hits = [row for row in found if window[0] <= row.at < min(window[1], self.as_of)]
        return [(row, row.at) for row in hits if row.until is None or row.until >= self.as_of]

    def _of_time(self, table, axis, span):
        """What held at any time of a period, or before it, as it was then."""
        window = self.window(span, "this" if axis == "during" else axis)
        if window is None or window[0] >= window[1]:
            return []
        found = [row for one in self.world.held[table] for row in one.during(*window)]
        return [(row, row.at) for row in found]

    def value(self, row, dimension, at):
        """What a row is along a dimension at its instant, or now."""
        people, world = self.world.people, self.world
        at = self.as_of - 1 if self.now else at
        owner = self.owner(row)
        name, _, level = dimension.partition(".")
        if name == "attr":
            return self._declared(row, owner, level, at)
        if dimension == "owner":
            return people.name("rep", owner)
        if dimension == "account":
            return people.name("account", row.account)
        if dimension in ("region", "territory"):
            return people.of_rep(owner, dimension, at)
        if name == "territory":
            path = people.of_rep(owner, name, at)
            return path and "/".join(part.strip() for part in path.split("/")[:int(level)])
        if dimension == "manager":
            return people.manager(owner, at)
        if name == "team":
            team = row.team_named or people.team_of(owner, at)
            return people.name("team", team if not level else people.at_level(team, int(level), at))
        if dimension == "tenure":
            return people.tenure(owner, at)
        if dimension.startswith("account_"):
            return people.of_account(row.account, dimension.removeprefix("account_"), at)
        if dimension == "currency":
            return row.money[1] if row.money else None
        return getattr(row, dimension)

    def owner(self, row):
        """The owner of a row: at its event, or of its deal or lead just before as-of."""
        if not self.now or row.share not in (None, 1) or row.kind not in ("opportunity", "lead"):
            return row.owner
        return self.world.owner_at(row, self.as_of - 1)

    def _declared(self, row, owner, name, at):
        """A field that the tenant declared: of the row's own record, else of its account, else of its owner."""
        known = self.world.known
        kinds = {one["kind"] for one in self.world.settings.get("attributes", []) if one["name"] == name}
        if row.kind in kinds:
            return known.attribute(row.kind, row.id, name, at)
        if "account" in kinds:
            return known.attribute("account", known.survivor("account", row.account), name, at)
        return known.attribute("rep", owner, name, at)

    def _passes(self, row, one, at):
        """Whether a row passes the filters on a dimension."""
        if one["dimension"] != "team_tree":
            return self.value(row, one["dimension"], at) in self._wanted(one)
        people, at = self.world.people, self.as_of - 1 if self.now else at
        team = row.team_named or people.team_of(self.owner(row), at)
        names = [people.name("team", above) for above in people.chain(team, at)] or [None]
        return any(name in self._wanted(one) for name in names)

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
