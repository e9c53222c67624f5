"""The KPIs of winning customers, contracts, orders, forecasts and other numbers."""

from fractions import Fraction

from .catalogue_deals import CREATED, CREDITED, DUE, OPEN, SOURCED, WON, count, growth, share
from .catalogue_early import LEADS
from .catalogue_recurring import BEFORE, RUNNING, START, lifetime, margin, paid, payers
from .customers import Entities, by, counted, minor, part, rounded
from .kpi import Absent, Sel, kpi, ratio
from .quotas import spread

WON_BEFORE = Sel("closings", lambda row: row.outcome == "won", axis="before")
WON_LAST = WON.but(axis="previous")


def new(cell):
    """The customers whose first deal was won in the period."""
    return set(by(cell, WON, "customer")) - set(by(cell, WON_BEFORE, "customer", whole=True))


NEW = Entities(new, WON)
counted("new_customers", new, WON)

SPENT = Sel("spend", axis="during")
MARKETING = Sel("spend", lambda row: row.spend_category == "marketing", axis="during")
CAMPAIGNS = Sel("spend", lambda row: row.campaign is not None, axis="during")
LAST = Sel("spend", axis="during:previous")


def costs(cell, sel, policy="booked"):
    """Costs by the share of their days that lie in the period."""
    total = rounded(cell, spread(cell, cell.rows(sel), sel.axis, policy))
    if not total:
        raise Absent("no_costs")
    return total


def cost_per(name, sel, items, none):
    """Costs per item."""
    size = lambda cell: len(items(cell)) if callable(items) else cell.count(items)

    @kpi(name, items, none=none)
    def _(cell):
        return ratio(costs(cell, sel), size(cell), none)


cost_per("cac", SPENT, NEW, "no_new_customers")
cost_per("cac_lagged", LAST, NEW, "no_new_customers")
cost_per("cac_marketing", MARKETING, NEW, "no_new_customers")
cost_per("cost_per_lead", MARKETING, LEADS, "no_leads")
cost_per("cost_per_opportunity", SPENT, CREATED, "no_created_deals")
cost_per("cost_per_win", SPENT, WON, "no_won_deals")


@kpi("selling_costs", SPENT, lacks="money", none="no_costs")
def _(cell):
    return rounded(cell, spread(cell, cell.rows(SPENT)))


@kpi("campaign_roi", SOURCED, lacks="money")
def _(cell):
    spent = costs(cell, CAMPAIGNS)
    return ratio(cell.money(SOURCED).total - spent, spent, "no_costs")


def new_payers(cell):
    """What customers who are new in the period pay at its end."""
    was, ever = payers(cell, START, True), payers(cell, BEFORE, True)
    found = paid(cell, RUNNING, "spot")
    return {one: now for one, now in found.items() if now > 0 and one not in was and one not in ever}


@kpi("cac_payback", NEW, none="no_new_customers")
def _(cell):
    cost = ratio(costs(cell, SPENT), len(new(cell)), "no_new_customers")
    part = max(margin(cell), 0)
    found = new_payers(cell)
    if not found:
        raise Absent("no_new_customers")
    each = ratio(rounded(cell, sum(found.values())), len(found), "no_mrr")
    if part == 0:
        raise Absent("never")
    return ratio(cost, part * each, "no_mrr")


@kpi("ltv_to_cac", NEW, none="no_new_customers")
def _(cell):
    cost = costs(cell, SPENT)
    return ratio(lifetime(cell, "spot"), ratio(cost, len(new(cell)), "no_new_customers"), "no_costs")


@kpi("lead_to_customer", LEADS, none="no_leads")
def _(cell):
    return ratio(len(new(cell)), cell.count(LEADS), "no_leads")


# Contracts and orders.

CONTRACTS = Sel("contracts")


def filed(row, cell):
    """Signed by then, and on file."""
    point = cell.question.point(cell.span, "end")
    return row.document and row.signed_at is not None and row.signed_at < point


FILED = Sel("contracts", due=filed)
share("contracts_complete", FILED, CONTRACTS, "no_contracts")
CHECKS = Sel("contract_checks")
share("checks_on_time", Sel("contract_checks", lambda row: row.in_time), CHECKS, "no_checks")
won_deals = lambda cell: set(by(cell, WON, "deal"))
part("deals_contracted", won_deals, lambda cell: set(by(cell, FILED, "deal", True)), WON, none="no_won_deals")

ORDERS = Sel("orders")
PLACED = Sel("orders", lambda row: row.order_type != "credit_note")
count("orders_placed", PLACED)
growth("recognised_revenue_growth", ORDERS)


@kpi("recognised_revenue", ORDERS, lacks="money", kind="exact")
def _(cell):
    return cell.money(ORDERS).total


@kpi("average_order_value", PLACED, lacks="money", none="no_orders")
def _(cell):
    money = cell.money(PLACED)
    return ratio(money.total, money.seen, "no_orders")


ordered = lambda cell: by(cell, PLACED, "customer")


@kpi("order_frequency", Entities(ordered, PLACED), none="no_orders")
def _(cell):
    found = ordered(cell)
    return ratio(sum(len(rows) for rows in found.values()), len(found), "no_orders")


bought_before = lambda cell: set(by(cell, WON_LAST, "customer"))
buys_again = lambda cell: set(by(cell, WON, "customer", True))
part("customer_repurchase", bought_before, buys_again, WON_LAST, none="no_base")


@kpi("discount_rate", WON, lacks="listed", none="no_won_deals")
def _(cell):
    as_money = lambda field: [type(row)(row.at, money=getattr(row, field)) for row in cell.rows(WON) if row.listed]
    off, listed = (rounded(cell, minor(cell, as_money(field), "booked")) for field in ("discount", "listed"))
    return ratio(off, listed, "no_amounts")


@kpi("contacts_per_deal", WON, lacks="contacts", none="no_won_deals", zero="no_contacts")
def _(cell):
    total, told = cell.sum(WON, "contacts")
    return ratio(total, told, "no_contacts")


# Forecasts.

LEVELS = {
    "commit": ("commit",),
    "most_likely": ("commit", "most_likely"),
    "best_case": ("commit", "most_likely", "best_case"),
    "pipeline": ("commit", "most_likely", "best_case", "pipeline", None, "closed"),
}


def in_categories(*names):
    """Deals open and due in these categories."""
    return Sel("open_deals", lambda row: row.category in names, due=DUE.due)


def forecast(name, sel, won):
    """Amounts open and due in some categories, with what is won already."""

    @kpi(name, sel, lacks="money", policy="spot", kind="quotient" if won else "exact")
    def _(cell):
        return cell.money(sel).total + (cell.money(CREDITED).total if won else 0)


for level, names in LEVELS.items():
    forecast(f"forecast_{level}", in_categories(*names), True)
for name in ("commit", "most_likely", "best_case", "omitted"):
    forecast(f"open_{name}_value", in_categories(name), False)
forecast("open_pipeline_only_value", in_categories("pipeline", None), False)

CHANCED = Sel("open_deals")


@kpi("weighted_pipeline_crm", CHANCED, lacks="chance", policy="spot", kind="exact")
def _(cell):
    rows = [row for row in cell.rows(CHANCED) if row.chance is not None]
    return rounded(cell, sum((row.probability * minor(cell, [row], "spot") for row in rows), Fraction(0)))


ENTERED = Sel("stage_spells", lambda row: row.first, axis="months:12")


def chances(cell):
    """How many deals that entered each stage in 12 months are won, and how many are closed."""
    question, found = cell.question, {}
    ends = {deal.id: deal.outcome_at(question.as_of) for deal in question.world.deals}
    point = question.point(cell.span, "end")
    for row in cell.whole().rows(ENTERED):
        end = ends[row.deal]
        if end and end[1] < point:
            won, closed = found.get(row.stage, (0, 0))
            found[row.stage] = won + (end[0] == "won"), closed + 1
    return found


def staged(cell):
    """The stages with open deals that have an amount, and what their deals come to."""
    found = {}
    for stage, rows in by(cell, OPEN, "stage").items():
        amount = minor(cell, rows, "spot")
        if amount > 0:
            found[stage] = rows, amount
    return found


@kpi("weighted_pipeline", Entities(staged, OPEN), policy="spot")
def _(cell):
    measured, total = chances(cell), Fraction(0)
    for stage, (rows, amount) in staged(cell).items():
        won, closed = measured.get(stage, (0, 0))
        if closed >= 20:
            total += amount * won / closed
        else:
            total += sum((minor(cell, [row], "spot") * (row.probability or 0) for row in rows), Fraction(0))
    return rounded(cell, total)


# Numbers from elsewhere.


def metric(name, where=None):
    """Samples of a number."""
    return Sel("samples", lambda row: row.metric == name and (where is None or where(row)))


def total(cell, sel, field="value"):
    """The sum of a field of samples."""
    return sum((getattr(row, field) for row in cell.rows(sel)), Fraction(0))


def mean(cell, sel, none):
    """The mean of samples by weight."""
    return ratio(sum((row.value * row.weight for row in cell.rows(sel)), Fraction(0)), total(cell, sel, "weight"), none)


def over(name, above, below, zero, less=None):
    """The sum of some samples of that of others."""
    items = metric(above)

    @kpi(name, items, none="no_samples")
    def _(cell):
        return ratio(total(cell, items) - (total(cell, less) if less else 0), total(cell, below), zero)


REVENUE = metric("finance.revenue")
over("ebit_margin", "finance.ebit", REVENUE, "no_revenue")
over("operating_margin", "finance.operating_profit", REVENUE, "no_revenue")
over("net_margin", "finance.net_income", REVENUE, "no_revenue")
over("gross_margin", "finance.revenue", REVENUE, "no_revenue", metric("finance.cogs"))
over("forecast_bias", "forecast.error", metric("forecast.actual"), "no_base")


def per_mean(name, above, below):
    """The sum of some samples of the mean of others."""
    items, mean_of = metric(above), metric(below)

    @kpi(name, items, none="no_samples")
    def _(cell):
        return ratio(total(cell, items), mean(cell, mean_of, "no_base"), "no_base")


per_mean("roce", "finance.ebit", "finance.capital_employed")
per_mean("inventory_turnover", "inventory.cogs", "inventory.value")


def plain(name, sample):
    """The sum of samples."""
    items = metric(sample)
    kpi(name, items, none="no_samples", kind="exact")(lambda cell: total(cell, items))


def score(name, sample, none="no_samples"):
    """The mean of samples by weight."""
    items = metric(sample)
    kpi(name, items, none=none)(lambda cell: mean(cell, items, none))


plain("website_traffic", "web.visits")
plain("tickets_closed", "support.tickets_closed")
score("handle_time", "support.handle_time")
score("engagement", "engagement")
score("competency", "competency")
score("process_adherence", "process_adherence")
score("account_engagement_score", "account.engagement")
score("customer_effort", "ces", "no_replies")

CARTS, BASKETS = metric("web.carts"), metric("web.orders")
ERRORS, ACTUAL = metric("forecast.error"), metric("forecast.actual")
INSIDE = metric("forecast.inside")
NPS, ASKED, CSAT = metric("nps"), metric("nps.asked"), metric("csat")


@kpi("cart_abandonment", CARTS, none="no_samples")
def _(cell):
    return 1 - ratio(total(cell, BASKETS), total(cell, CARTS), "no_base")


@kpi("forecast_wape", ERRORS, none="no_samples")
def _(cell):
    return ratio(sum(abs(row.value) for row in cell.rows(ERRORS)), total(cell, ACTUAL), "no_base")


@kpi("forecast_coverage", INSIDE, none="no_samples")
def _(cell):
    return ratio(sum(row.value > 0 for row in cell.rows(INSIDE)), cell.count(INSIDE), "no_samples")


@kpi("nps", NPS, none="no_replies")
def _(cell):
    rows = cell.rows(NPS)
    up = sum((row.weight for row in rows if row.value >= 9), Fraction(0))
    down = sum((row.weight for row in rows if row.value <= 6), Fraction(0))
    return ratio(100 * (up - down), total(cell, NPS, "weight"), "no_replies")


@kpi("nps_response_rate", ASKED, none="no_samples")
def _(cell):
    return ratio(total(cell, NPS, "weight"), total(cell, ASKED), "no_base")


@kpi("csat", CSAT, none="no_replies")
def _(cell):
    good = sum((row.weight for row in cell.rows(CSAT) if row.value >= 4), Fraction(0))
    return ratio(good, total(cell, CSAT, "weight"), "no_replies")
