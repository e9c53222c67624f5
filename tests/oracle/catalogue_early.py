"""The KPIs of leads, activities and the people who sell."""

from fractions import Fraction

from .catalogue_deals import CREDITED, FIRST, WON, count, share
from .kpi import Sel, ended_by, groups_of, kpi, ratio
from .question import exponent
from .quotas import QUOTAS, REPS, quota, spread
from .windows import conversion, maturity

MINUTE = 60_000_000
LEADS = Sel("leads")


def step(name):
    """Leads that took a step."""
    return Sel("lead_steps", lambda row: row.step == name)


count("leads_created", LEADS)
count("marketing_qualified_leads", step("mql"))
count("sales_qualified_leads", step("sql"))
count("leads_converted", step("converted"))
count("leads_disqualified", step("disqualified"))

SQL = step("sql")
SQL_BEFORE = SQL.but(axis="previous")


@kpi("lead_velocity_rate", SQL)
def _(cell):
    return ratio(cell.count(SQL), cell.count(SQL_BEFORE), "no_base") - 1


conversion("lead_conversion", LEADS, 90, "converted_at", "no_leads")
conversion("lead_conversion_60", LEADS, 60, "converted_at", "no_leads")
conversion("lead_conversion_30", LEADS, 30, "converted_at", "no_leads")
conversion("mql_to_sql", step("mql"), 90, "next_at", "no_leads")
conversion("sql_to_deal", step("sql"), 90, "next_at", "no_leads")
conversion("stage_conversion", FIRST, 90, "advanced", "no_base", always="stage")
maturity("lead_maturity", LEADS, 90, "no_leads")


def waits(cell):
    """How long leads waited for an answer in working time, and whether it came."""
    question = cell.question
    for row in cell.rows(LEADS):
        ended = row.responded_at is not None and row.responded_at < question.as_of
        end = row.responded_at if ended else question.as_of
        yield question.world.business.between(row.at, end), ended


def response(name, q):
    """The working minutes by which a share of leads was answered."""

    @kpi(name, LEADS, none="no_leads")
    def _(cell):
        return ended_by(list(waits(cell)), q) / MINUTE


response("lead_response_median", Fraction(1, 2))
response("lead_response_p90", Fraction(9, 10))


def ripe(cell):
    """The leads whose 15 working minutes have passed, and how long each waited."""
    question = cell.question
    between, as_of = question.world.business.between, question.as_of
    return [wait for wait, row in zip(waits(cell), cell.rows(LEADS)) if between(row.at, as_of) >= 15 * MINUTE]


@kpi("lead_response_in_time", LEADS, none="no_leads", n=lambda cell: len(ripe(cell)))
def _(cell):
    found = ripe(cell)
    return ratio(sum(ended and lag <= 15 * MINUTE for lag, ended in found), len(found), "not_mature")


def did(kind, direction=None, outcomes=None):
    """Activities that took place."""

    def where(row):
        right = row.completed and (kind is None or row.activity_type in kind)
        right = right and (direction is None or row.direction == direction)
        return right and (outcomes is None or row.activity_outcome in outcomes)

    return Sel("activities", where)


DONE = did(None)
CALLS = did(("call",), "outbound")
EMAILS = did(("email",), "outbound")
MEETINGS = did(("meeting", "demo"))
count("activities_completed", DONE)
count("calls_made", CALLS)
count("emails_sent", EMAILS)
count("meetings_held", MEETINGS)
count("demos_held", did(("demo",)))
share("call_connect_rate", did(("call",), "outbound", ("connected",)), CALLS, "no_activities")
share("call_to_meeting", MEETINGS, CALLS, "no_activities")
share("email_bounce_rate", did(("email",), "outbound", ("bounced",)), EMAILS, "no_activities")
share("email_click_rate", did(("email",), "outbound", ("clicked",)), EMAILS, "no_activities")
share("email_reply_rate", did(("email",), "outbound", ("replied",)), EMAILS, "no_activities")
OPENED = did(("email",), "outbound", ("opened_by_human", "clicked", "replied"))
share("email_open_rate", OPENED, EMAILS, "no_activities")


@kpi("activities_per_win", WON, none="no_won_deals")
def _(cell):
    return ratio(cell.count(DONE), cell.count(WON), "no_won_deals")


EMPLOYED = Sel("employment", axis="end")
PRESENT = Sel("employment", axis="during")
count("reps_employed", EMPLOYED)


def heads(cell):
    """How many reps were employed at any time of the period."""
    return len({row.owner for row in cell.rows(PRESENT)})


@kpi("activities_per_rep", PRESENT, none="no_reps", n=heads)
def _(cell):
    return ratio(cell.count(DONE), heads(cell), "no_reps")


@kpi("bookings_per_rep", PRESENT, none="no_reps", n=heads, missing=(WON, "money"), credit=CREDITED, by=PRESENT)
def _(cell):
    return ratio(cell.money(CREDITED).total, heads(cell), "no_reps")


@kpi("quota", QUOTAS, lacks="money", none="no_quota")
def _(cell):
    return quota(cell).total


@kpi("quota_attainment", QUOTAS, lacks="money", none="no_quota", missing=(WON, "money"), credit=CREDITED, by=QUOTAS)
def _(cell):
    return ratio(cell.money(CREDITED).total, quota(cell).total, "no_quota")


def measured(cell):
    """The quota of each rep who has one of more than nothing."""
    found = {}
    for row in cell.rows(REPS):
        found.setdefault(cell.question.owner(row), []).append(row)
    unit = 10 ** exponent(cell.question.world.currency)
    quotas = {owner: spread(cell, rows) / unit for owner, rows in found.items()}
    return {owner: quota for owner, quota in quotas.items() if quota > 0}


class Measured:
    """The reps who have a quota of more than nothing."""

    def __call__(self, cell):
        return list(measured(cell))

    def groups(self, cell):
        return {group for group in groups_of(cell, REPS) if measured(cell.of(group))}


@kpi("reps_attaining", Measured(), none="no_quota")
def _(cell):
    found, there = measured(cell), 0
    for owner, quota in found.items():
        rows = [row for row in cell.rows(CREDITED) if cell.question.owner(row) == owner]
        there += cell.money_of(rows, rounded=False).total >= quota
    return ratio(there, len(found), "no_quota")
