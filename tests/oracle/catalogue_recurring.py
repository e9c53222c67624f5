"""The KPIs of revenue that comes again each month."""

from fractions import Fraction

from .customers import Entities, by, counted, minor, part, rounded
from .kpi import Absent, Sel, kpi, ratio

RUNNING = Sel("subscriptions")
START = Sel("subscriptions", axis="start")
BACK = [Sel("subscriptions", axis=f"back:{count}") if count else RUNNING for count in range(13)]
YEAR_AGO = BACK[12]
BEFORE = Sel("subscriptions", axis="before")


def payers(cell, sel, whole=False):
    """The customers with a monthly amount above 0."""
    found = by(cell, sel, "customer", whole)
    return {one for one, rows in found.items() if any(row.money[0] > 0 for row in rows)}


def paid(cell, sel, policy, at=None):
    """What each customer pays, in minor units."""
    return {one: minor(cell, rows, policy, at) for one, rows in by(cell, sel, "customer").items()}


def paying(cell):
    """The customers of the period's end."""
    return payers(cell, RUNNING)


@kpi("mrr", RUNNING, lacks="money", policy="spot", kind="exact")
def _(cell):
    return cell.money(RUNNING).total


@kpi("arr", RUNNING, lacks="money", policy="spot")
def _(cell):
    return 12 * cell.money(RUNNING).total


counted("subscribing_customers", paying, RUNNING)


@kpi("arpa", Entities(paying, RUNNING), none="no_customers", policy="spot")
def _(cell):
    found = paid(cell, RUNNING, "spot")
    return ratio(rounded(cell, sum(found.values())), len(paying(cell)), "no_customers")


def last_day(cell, at):
    """An instant of the last day before another one."""
    return at - 1


def moves(cell):
    """What each customer pays at the start and at the end, at the rates of the end."""
    end = last_day(cell, cell.question.point(cell.span, "end"))
    before, after = paid(cell, START, "booked", end), paid(cell, RUNNING, "booked", end)
    return {one: (before.get(one, Fraction(0)), after.get(one, Fraction(0))) for one in {*before, *after}}


def movement(name, holds, amount):
    """What a kind of movement comes to."""

    def find(cell):
        was, here = payers(cell, START, True), payers(cell, RUNNING, True)
        ever = payers(cell, BEFORE, True)
        return {one: move for one, move in moves(cell).items() if holds(one, *move, was, here, ever)}

    @kpi(name, Entities(find, START, RUNNING))
    def _(cell):
        return rounded(cell, sum((amount(*move) for move in find(cell).values()), Fraction(0)))


up = lambda start, end: end - start
down = lambda start, end: start - end
movement("mrr_new", lambda one, a, b, was, here, ever: b > a and one not in was and one not in ever, up)
movement("mrr_reactivation", lambda one, a, b, was, here, ever: b > a and one not in was and one in ever, up)
movement("mrr_expansion", lambda one, a, b, was, here, ever: b > a and one in was, up)
movement("mrr_contraction", lambda one, a, b, was, here, ever: b < a and one in here, down)
movement("mrr_churn", lambda one, a, b, was, here, ever: b < a and one not in here, down)


@kpi("mrr_change", RUNNING, lacks="money")
def _(cell):
    end = last_day(cell, cell.question.point(cell.span, "end"))
    return sums(cell, RUNNING, end) - sums(cell, START, end)


def sums(cell, sel, at):
    """What is paid, at the rates of a day."""
    return rounded(cell, minor(cell, cell.rows(sel), "booked", at))


@kpi("mrr_fx", START, lacks="money")
def _(cell):
    if cell.span.start is None:
        return Fraction(0)
    end = last_day(cell, cell.question.point(cell.span, "end"))
    start = last_day(cell, cell.question.point(cell.span, "start"))
    return sums(cell, START, end) - sums(cell, START, start)


def base(sel):
    """The customers who paid something then."""
    return lambda cell: {one: was for one, was in paid(cell, sel, "constant").items() if was > 0}


def kept(name, sel, amount):
    """What customers of then come to now, of what they came to then."""
    find = base(sel)

    @kpi(name, Entities(find, sel), none="no_base")
    def _(cell):
        now = paid(cell, RUNNING, "constant")
        found = find(cell)
        left = sum((amount(was, now.get(one, Fraction(0))) for one, was in found.items()), Fraction(0))
        return ratio(rounded(cell, left), rounded(cell, sum(found.values())), "no_base")


kept("gross_revenue_retention", YEAR_AGO, min)
kept("net_revenue_retention", YEAR_AGO, lambda was, now: now)
kept("revenue_churn", START, lambda was, now: max(was - now, 0))

payers_of = lambda sel: lambda cell: payers(cell, sel)
part("logo_retention", payers_of(YEAR_AGO), paying, YEAR_AGO, none="no_base")


@kpi("logo_churn", Entities(payers_of(START), START), none="no_base")
def _(cell):
    found, now = payers(cell, START), paying(cell)
    return ratio(sum(one not in now for one in found), len(found), "no_base")


def months(cell):
    """Customers at the starts of the 12 months before the period's end, and those of them lost in each."""
    there = [payers(cell, sel) for sel in BACK]
    exposed = sum(len(found) for found in there[1:])
    lost = sum(len(there[count] - there[count - 1]) for count in range(1, 13))
    return exposed, lost


def exposed(cell):
    """The customers who paid at the start of any of the 12 months."""
    return set().union(*(payers(cell, sel) for sel in BACK[1:]))


LIVED = Entities(exposed, *BACK[1:])


@kpi("monthly_logo_churn", LIVED, none="no_customers")
def _(cell):
    there, lost = months(cell)
    return ratio(lost, there, "no_base")


@kpi("customer_life", LIVED, none="no_customers")
def _(cell):
    there, lost = months(cell)
    return ratio(there, lost, "no_churn")


MARGINS = Sel("samples", lambda row: row.metric == "gross_margin", axis="months:12")


def margin(cell):
    """The gross margin of the 12 months up to the period's end, by weight."""
    rows = cell.rows(MARGINS)
    if not rows:
        raise Absent("no_margin")
    return ratio(sum(row.value * row.weight for row in rows), sum(row.weight for row in rows), "no_margin")


def lifetime(cell, policy):
    """Revenue per account times margin over monthly churn."""
    monthly = cell.money(RUNNING, policy).total
    size = ratio(monthly, len(paying(cell)), "no_customers") * margin(cell)
    there, lost = months(cell)
    return ratio(size, ratio(lost, there, "no_base"), "no_churn")


@kpi("ltv", Entities(paying, RUNNING), none="no_customers", policy="spot")
def _(cell):
    return lifetime(cell, "spot")


@kpi("ltv_by_revenue_churn", Entities(paying, RUNNING), none="no_customers", policy="constant")
def _(cell):
    monthly = cell.money(RUNNING, "constant").total
    size = ratio(monthly, len(paying(cell)), "no_customers") * margin(cell)
    amounts = [paid(cell, sel, "constant") for sel in BACK]
    zero = Fraction(0)
    there = sum((sum(found.values(), zero) for found in amounts[1:]), zero)
    lost = zero
    for later, earlier in zip(amounts, amounts[1:]):
        lost += sum((max(was - later.get(one, zero), 0) for one, was in earlier.items()), zero)
    return ratio(size, ratio(rounded(cell, lost), rounded(cell, there), "no_base"), "no_churn")


@kpi("ltv_60_months", Entities(paying, RUNNING), none="no_customers", policy="spot")
def _(cell):
    monthly = cell.money(RUNNING).total
    size = ratio(monthly, len(paying(cell)), "no_customers") * margin(cell)
    there, lost = months(cell)
    stays = 1 - ratio(lost, there, "no_base")
    return size * sum(stays**count for count in range(60))
