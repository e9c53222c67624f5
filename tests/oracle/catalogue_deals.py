"""The KPIs of deals: won, lost, open, created."""

from fractions import Fraction

from . import times
from .kpi import Absent, Sel, ended_by, groups_of, kpi, median, ratio
from .quotas import quota

CLOSED = Sel("closings")
WON = Sel("closings", lambda row: row.outcome == "won")
LOST = Sel("closings", lambda row: row.outcome == "lost")
UNDECIDED = Sel("closings", lambda row: row.outcome == "no_decision")
DECIDED = Sel("closings", lambda row: row.outcome in ("won", "lost"))
OPEN = Sel("open_deals")
QUALIFIED = Sel("open_deals", lambda row: row.qualified)
CREATED = Sel("created_deals")
LINES = Sel("won_lines")
DAY = times.DAY


def won(*types):
    """Deals won of these types."""
    return Sel("closings", lambda row: row.outcome == "won" and row.type in types)


def of(*types):
    """Deals closed of these types."""
    return Sel("closings", lambda row: row.type in types)


def count(name, items, **more):
    """How many items there are."""
    kpi(name, items, kind="exact", **more)(lambda cell: Fraction(cell.count(items)))


def share(name, part, items, none, **more):
    """The share of items that are a part of them."""
    kpi(name, items, none=none, **more)(lambda cell: ratio(cell.count(part), cell.count(items), none))


def credited(sel):
    """The same deals by credit: their parts sum to the whole (R10)."""
    return Sel("credits", sel.where, sel.axis)


def booked(name, items, **more):
    """What deals won come to, by credit; n counts each deal once, with its primary owner."""
    parts = credited(items)
    kpi(name, items, lacks="money", credit=parts, kind="exact", **more)(lambda cell: cell.money(parts).total)


def total(name, items, **more):
    """What the amounts of items come to."""
    kpi(name, items, lacks="money", kind="exact", **more)(lambda cell: cell.money(items).total)


def mean(name, items, none, **more):
    """The mean amount of those that have one."""

    def body(cell):
        money = cell.money(items)
        return ratio(money.total, money.seen, none)

    kpi(name, items, lacks="money", none=none, **more)(body)


def growth(name, items, reason="no_base", **more):
    """A sum of amounts against that of the period before."""
    before = items.but(axis="previous")
    body = lambda cell: ratio(cell.money(items).total, cell.money(before).total, reason) - 1
    kpi(name, items, lacks="money", policy="constant", **more)(body)


count("deals_won", WON)
count("deals_closed", CLOSED)
count("deals_lost", LOST)
count("deals_without_decision", UNDECIDED)
count("deals_created", CREATED)
count("open_deals", OPEN)
count("qualified_open_deals", QUALIFIED)

share("win_rate", WON, CLOSED, "no_closed_deals")
share("loss_rate", LOST, CLOSED, "no_closed_deals")
share("no_decision_rate", UNDECIDED, CLOSED, "no_closed_deals")
share("win_rate_competitive", WON, DECIDED, "no_closed_deals")
share("new_business_win_rate", won("new"), of("new"), "no_closed_deals")
share("renewal_win_rate", won("renewal"), of("renewal"), "no_closed_deals")
share("upsell_rate", won("expansion"), WON, "no_won_deals")
share("cross_sell_rate", won("cross_sell"), WON, "no_won_deals")
UNEXPLAINED = Sel("closings", lambda row: row.outcome == "lost" and row.loss_reason is None)
share("losses_without_reason", UNEXPLAINED, LOST, "no_lost_deals")
share("qualified_share", QUALIFIED, OPEN, "no_open_deals")
OVERDUE = Sel("open_deals", due=lambda row, cell: row.expected is not None and row.expected < point(cell))
share("open_deals_overdue", OVERDUE, OPEN, "no_open_deals")
share("open_deals_undated", Sel("open_deals", lambda row: row.expected is None), OPEN, "no_open_deals")
share("open_deals_without_account", Sel("open_deals", lambda row: row.account is None), OPEN, "no_open_deals")
share("open_deals_without_amount", Sel("open_deals", lambda row: row.money is None), OPEN, "no_open_deals")

booked("bookings", WON)
booked("bookings_new", won("new"))
booked("bookings_expansion", won("expansion", "cross_sell"))
booked("bookings_renewal", won("renewal"))
total("lost_value", LOST)
SOURCED = Sel("closings", lambda row: row.outcome == "won" and row.campaign is not None)
booked("marketing_sourced_bookings", SOURCED)
total("marketing_sourced_pipeline", Sel("created_deals", lambda row: row.campaign is not None))
total("pipeline_created", CREATED)
total("pipeline_value", OPEN, policy="spot")
total("qualified_pipeline_value", QUALIFIED, policy="spot")
total("product_revenue", LINES)


def point(cell):
    """The instant at which the cell's stock stands."""
    return cell.question.point(cell.span, "end")


def due(row, cell):
    """Expected before the period ends, or without a date."""
    end = cell.question.as_of if cell.span.end is None else cell.span.end
    return row.expected is None or row.expected < end


DUE = Sel("open_deals", due=due)
total("pipeline_value_due", DUE, policy="spot")

mean("average_deal_size", WON, "no_won_deals")
mean("average_lost_deal_size", LOST, "no_lost_deals")
mean("average_new_deal_size", won("new"), "no_won_deals")
mean("average_created_deal_size", CREATED, "no_created_deals")
mean("average_open_deal_size", OPEN, "no_open_deals", policy="spot")

CREDITED = credited(WON)
CREDITED_BEFORE = CREDITED.but(axis="previous")


@kpi("revenue_growth_rate", WON, lacks="money", credit=CREDITED, policy="constant")
def _(cell):
    return ratio(cell.money(CREDITED).total, cell.money(CREDITED_BEFORE).total, "no_base") - 1


growth("pipeline_growth", CREATED)


@kpi("deals_won_growth", WON)
def _(cell):
    return ratio(cell.count(WON), cell.count(WON_BEFORE), "no_base") - 1


WON_BEFORE = WON.but(axis="previous")


@kpi("deal_size_growth", WON, lacks="money", none="no_won_deals", policy="constant")
def _(cell):
    now, before = cell.money(WON), cell.money(WON_BEFORE)
    size = ratio(now.total, now.seen, "no_won_deals")
    return ratio(size, ratio(before.total, before.seen, "no_base"), "no_base") - 1


@kpi("win_rate_value", DECIDED, lacks="money", none="no_closed_deals")
def _(cell):
    return ratio(cell.money(WON).total, cell.money(DECIDED).total, "no_amounts")


@kpi("median_deal_size", WON, lacks="money", none="no_won_deals", kind="exact")
def _(cell):
    return median(cell.amounts(WON), "no_won_deals")


@kpi("median_open_deal_size", OPEN, lacks="money", none="no_open_deals", policy="spot", kind="exact")
def _(cell):
    return median(cell.amounts(OPEN), "no_open_deals")


def cycles(items, none):
    """Mean and median days from creation to close."""

    def mean(cell):
        days, timed = cell.sum(items, "cycle")
        return ratio(days / DAY, timed, none)

    def quantile(cell, q=Fraction(1, 2)):
        days = [Fraction(row.cycle, DAY) for row in cell.rows(items) if row.cycle is not None]
        return median(days, none, q)

    return mean, quantile


for prefix, items, none in (("sales", WON, "no_won_deals"), ("lost", LOST, "no_lost_deals")):
    body, quantile = cycles(items, none)
    kpi(f"{prefix}_cycle_mean", items, lacks="cycle", none=none, zero="no_cycle")(body)
    kpi(f"{prefix}_cycle_median", items, lacks="cycle", none=none, zero="no_cycle")(quantile)

late = cycles(WON, "no_won_deals")[1]
kpi("sales_cycle_p90", WON, lacks="cycle", none="no_won_deals", zero="no_cycle")(lambda cell: late(cell, Fraction(9, 10)))


def pace(cell):
    """The mean cycle in days of deals won."""
    days, timed = cell.sum(WON, "cycle")
    return ratio(ratio(days / DAY, timed, "no_cycle"), 1, "no_cycle")


@kpi("throughput", WON, lacks="money", none="no_won_deals")
def _(cell):
    return ratio(cell.money(WON).total, pace(cell), "no_cycle")


@kpi("sales_velocity", CLOSED, none="no_closed_deals", missing=(WON, "money"))
def _(cell):
    money, closed = cell.money(WON), cell.count(CLOSED)
    rate = ratio(cell.count(WON), closed, "no_closed_deals")
    size = ratio(money.total, money.seen, "no_won_deals")
    return cell.count(QUALIFIED) * ratio(rate * size, pace(cell), "no_cycle")


@kpi("pipeline_replenishment", CLOSED, none="no_closed_deals")
def _(cell):
    return ratio(cell.count(CREATED), cell.count(CLOSED), "no_closed_deals")


@kpi("expansion_share", WON, lacks="money", none="no_won_deals")
def _(cell):
    return ratio(cell.money(EXPANSION).total, cell.money(WON).total, "no_amounts")


EXPANSION = won("expansion", "cross_sell")


@kpi("marketing_sourced_share", WON, lacks="money", none="no_won_deals")
def _(cell):
    return ratio(cell.money(SOURCED).total, cell.money(WON).total, "no_amounts")


class Across:
    """The items of all values of a dimension together; the groups are those of the KPI's own rows."""

    def __init__(self, sel, dimension):
        self.sel, self.dimension = sel, dimension

    def __call__(self, cell):
        return cell.across(self.dimension).rows(self.sel)

    def groups(self, cell):
        return groups_of(cell, self.sel)


REASONS = Across(LOST, "loss_reason")


@kpi("loss_reason_mix", REASONS, none="no_lost_deals", always="loss_reason")
def _(cell):
    return ratio(cell.count(LOST), cell.across("loss_reason").count(LOST), "no_lost_deals")


def shares_of_value(name, sel, dimension, lacking):
    """The share of each value of a dimension in the money of all."""
    items = Across(sel, dimension)

    @kpi(name, items, lacks="money", none="no_won_deals", always=dimension)
    def _(cell):
        return ratio(cell.money(sel).total, cell.across(dimension).money(sel).total, lacking)


shares_of_value("product_revenue_share", LINES, "product", "no_amounts")
shares_of_value("customer_revenue_share", WON, "account", "no_amounts")


@kpi("units_sold", LINES, kind="exact")
def _(cell):
    return cell.sum(LINES, "units")[0]


@kpi("average_units_per_deal", WON, none="no_won_deals")
def _(cell):
    return ratio(cell.sum(LINES, "units")[0], cell.count(WON), "no_won_deals")


@kpi("average_selling_price", LINES, lacks="money", none="no_won_deals")
def _(cell):
    units, _ = cell.sum(PRICED, "units")
    return ratio(cell.money(LINES).total, units, "no_units")


PRICED = Sel("won_lines", lambda row: row.money is not None)


def fresh(row, cell):
    """Whether the deal entered the pipeline in the same period."""
    return any(other.deal == row.deal for other in cell.whole().rows(CREATED))


total("created_and_won", Sel("closings", lambda row: row.outcome == "won", due=fresh))


def customers(cell):
    """The deals won of each account, merged ones under the survivor."""
    found = {}
    survivor = lambda id: cell.question.world.known.survivor("account", id)
    for row in cell.rows(NAMED):
        found.setdefault(survivor(row.account), []).append(row)
    return found


NAMED = Sel("closings", lambda row: row.outcome == "won" and row.account is not None)


@kpi("customers_won", NAMED, kind="exact", n=lambda cell: len(customers(cell)))
def _(cell):
    return Fraction(len(customers(cell)))


@kpi("purchase_frequency", NAMED, none="no_won_deals", n=lambda cell: len(customers(cell)))
def _(cell):
    return ratio(cell.count(NAMED), len(customers(cell)), "no_won_deals")


@kpi("repeat_buyers", NAMED, none="no_won_deals", n=lambda cell: len(customers(cell)))
def _(cell):
    found = customers(cell)
    return ratio(sum(len(rows) > 1 for rows in found.values()), len(found), "no_won_deals")


def due_at_start(row, cell):
    """Expected in the period as it stood at its start."""
    end = cell.question.as_of if cell.span.end is None else cell.span.end
    return row.expected is not None and cell.span.start <= row.expected < end


DUE_THEN = Sel("open_deals", axis="start", due=due_at_start)


def at_the_end(cell):
    """The deals open at the period's end, whatever their group is then."""
    return {row.deal: row for row in cell.whole().rows(OPEN)}


@kpi("slip_rate", DUE_THEN, none="no_base")
def _(cell):
    still = at_the_end(cell)
    return ratio(sum(row.deal in still for row in cell.rows(DUE_THEN)), cell.count(DUE_THEN), "no_base")


@kpi("push_rate", DUE_THEN, none="no_base")
def _(cell):
    still, end = at_the_end(cell), cell.question.as_of if cell.span.end is None else cell.span.end
    later = lambda row: row is not None and row.expected is not None and row.expected >= end
    return ratio(sum(later(still.get(row.deal)) for row in cell.rows(DUE_THEN)), cell.count(DUE_THEN), "no_base")


@kpi("pipeline_coverage", DUE, lacks="money", policy="spot")
def _(cell):
    found = quota(cell)
    if not found.items:
        raise Absent("no_quota")
    left = max(found.total - cell.money(CREDITED).total, 0)
    return ratio(cell.money(DUE).total, left, "quota_met")


SPELLS = Sel("stage_spells")
FIRST = Sel("stage_spells", lambda row: row.first)


@kpi("time_in_stage", SPELLS, none="no_base", always="stage")
def _(cell):
    question, waits = cell.question, []
    for row in cell.rows(SPELLS):
        ended = row.left is not None and row.left < question.as_of
        waits.append((question.zone.length(row.at, row.left if ended else question.as_of), ended))
    return ended_by(waits, Fraction(1, 2)) / DAY
