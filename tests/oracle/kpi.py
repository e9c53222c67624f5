"""How a KPI is told here: the records that it counts, then a function of a cell."""

from fractions import Fraction

from .question import Money, exponent

KPIS = {}


class Absent(Exception):
    """There is no value, for a reason."""


class Sel:
    """Rows of a table in a window, or that hold at an instant, which pass a condition."""

    def __init__(self, table, where=None, axis=None, due=None):
        stocks = ("open_deals", "subscriptions", "contracts")
        self.table, self.where, self.due = table, where, due
        self.axis = axis or ("end" if table in stocks else "this")

    def but(self, **changes):
        """The same, but for some of it."""
        return Sel(**{**self.__dict__, **changes})


class Kpi:
    """A KPI: `items` are what n counts; of those that lack `lacks` there are `missing`. Without items there is no value
    for the reason `none`, without amounts for `zero`. `by` are the rows whose groups are shown."""

    def __init__(self, name, body, items, lacks=None, none=None, missing=None, always=None, policy="booked",
                 kind="quotient", zero=None, n=None, by=None, credit=None):
        self.by, self.credit = by or credit or items, credit
        self.name, self.body, self.items, self.lacks, self.none = name, body, items, lacks, none
        self.missing, self.always, self.policy, self.kind = missing or (items, lacks), always, policy, kind
        self.zero, self.count = zero, n


def kpi(name, items, **more):
    """Tells a KPI."""

    def told(body):
        KPIS[name] = Kpi(name, body, items, **more)
        return body

    return told


def ratio(over, under, reason):
    """A quotient, or the reason why there is none."""
    if under == 0:
        raise Absent(reason)
    return Fraction(over) / under


class Cell:
    """One period of one group of a question about a KPI."""

    def __init__(self, question, kpi, dimensions, number, group, every=False):
        self.question, self.kpi, self.dimensions, self.every = question, kpi, dimensions, every
        self.number, self.group, self.span = number, group, question.spans[number]

    def of(self, group):
        """The cell of another group."""
        return Cell(self.question, self.kpi, self.dimensions, self.number, group)

    def across(self, dimension):
        """The cell of all values of a dimension together."""
        place = self.dimensions.index(dimension)
        rest = lambda parts: parts[:place] + parts[place + 1:]
        return Cell(self.question, self.kpi, rest(self.dimensions), self.number, rest(self.group))

    def whole(self):
        """The cell of everything, whatever groups and filters say."""
        return Cell(self.question, self.kpi, (), self.number, (), True)

    def rows(self, sel):
        """The rows of a selection in this cell."""
        kept = self.question._kept
        key = id(sel), self.dimensions, self.number, self.group, self.every
        if key not in kept:
            rows = self.question.rows(sel.table, sel.axis, self.dimensions, self.every)
            found = rows.get((self.number, self.group), [])
            if sel.where:
                found = [row for row in found if sel.where(row)]
            if sel.due:
                found = [row for row in found if sel.due(row, self)]
            kept[key] = found
        return kept[key]

    def count(self, sel):
        """How many rows there are."""
        return len(self.rows(sel))

    def money(self, sel, policy=None, rounded=True):
        """What the amounts of rows come to: converted by day and currency, rounded once to the minor unit (R5)."""
        rows = self.rows(sel)
        return self.money_of(rows, policy, rounded)

    def money_of(self, rows, policy=None, rounded=True):
        """The same of these rows."""
        question, policy = self.question, policy or self.kpi.policy
        priced = [row for row in rows if row.money is not None]
        total = sum((question.convert(*row.money, row.at, policy) for row in priced), Fraction(0))
        total = Fraction(round(total)) if rounded else total
        return Money(total / 10 ** exponent(question.world.currency), len(rows), len(priced))

    def amounts(self, sel):
        """Single amounts, each converted and rounded."""
        question, unit = self.question, 10 ** exponent(self.question.world.currency)
        priced = [row for row in self.rows(sel) if row.money is not None]
        return [Fraction(round(question.convert(*row.money, row.at, self.kpi.policy))) / unit for row in priced]

    def sum(self, sel, field):
        """The sum of a field over the rows that have it, and how many have."""
        found = [getattr(row, field) for row in self.rows(sel)]
        found = [Fraction(value) for value in found if value is not None]
        return sum(found, Fraction(0)), len(found)


class Answer:
    """What a cell must be."""

    def __init__(self, value, reason, n, missing):
        self.value, self.reason, self.n, self.missing = value, reason, n, missing


def has(row, field):
    """Whether a row has a field."""
    return field is None or getattr(row, field) is not None


def answer(cell):
    """The value of a cell, or why there is none."""
    kpi = cell.kpi
    counted = kpi.items(cell) if callable(kpi.items) else cell.rows(kpi.items)
    n = kpi.count(cell) if kpi.count else sum(has(row, kpi.lacks) for row in counted)
    about, field = kpi.missing
    priced = counted if about is kpi.items else cell.rows(about)
    missing = sum(not has(row, field) for row in priced)
    try:
        if kpi.none and not counted:
            raise Absent(kpi.none)
        if priced and missing == len(priced) and not any(has(row, field) for row in credits_of(cell, kpi)):
            raise Absent(kpi.zero or "no_amounts")
        return Answer(kpi.body(cell), None, n, missing)
    except Absent as absent:
        return Answer(None, str(absent), n, missing)


def credits_of(cell, kpi):
    """What the cell is credited with: perhaps parts of deals that are others' own."""
    return cell.rows(kpi.credit) if kpi.credit else []


def cells(question, kpi):
    """The cells of a question about a KPI: every period of each group with any item; without groups always one."""
    dimensions = tuple(question.by)
    if kpi.always and kpi.always not in dimensions:
        dimensions += (kpi.always,)
    groups = {()}
    if dimensions:
        probes = (Cell(question, kpi, dimensions, number, ()) for number in range(len(question.spans)))
        groups = set().union(*(groups_of(probe, kpi.by) for probe in probes))
    for number in range(len(question.spans)):
        for group in groups:
            yield Cell(question, kpi, dimensions, number, group)


def groups_of(cell, items):
    """The groups with an item in the period of a cell."""
    if callable(items):
        return items.groups(cell)
    found = cell.question.rows(items.table, items.axis, cell.dimensions)
    return {group for number, group in found if number == cell.number and cell.of(group).rows(items)}


def median(values, reason, q=Fraction(1, 2)):
    """A quantile of type 7."""
    values = sorted(values)
    if not values:
        raise Absent(reason)
    place = q * (len(values) - 1)
    low = place.numerator // place.denominator
    high = min(low + 1, len(values) - 1)
    return values[low] + (place - low) * (values[high] - values[low])


def ended_by(waits, q):
    """The least time by which a share q has ended, by Kaplan and Meier: smallest t with S(t) <= 1 - q."""
    left, alive = Fraction(1), len(waits)
    for lag in sorted({lag for lag, _ in waits}):
        events = sum(1 for other, ended in waits if other == lag and ended)
        if events:
            left *= 1 - Fraction(events, alive)
            if left <= 1 - q:
                return Fraction(lag)
        alive -= sum(1 for other, _ in waits if other == lag)
    raise Absent("not_reached")
