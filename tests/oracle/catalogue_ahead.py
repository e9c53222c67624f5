"""The KPIs of what lies ahead, of care for the data, and of what a win takes."""

from fractions import Fraction

from . import times
from .catalogue_deals import CREATED, DUE_THEN, OPEN, WON, at_the_end, share
from .catalogue_early import DONE, LEADS, PRESENT, did, step
from .customers import Entities, by, counted, minor, part, rounded
from .kpi import Absent, Sel, kpi, ratio
from .windows import Matured

DAY = times.DAY


def ended(cell):
    """How long each deal that entered was seen, and how it ended."""
    question = cell.question
    ends = {deal.id: deal.outcome_at(question.as_of) for deal in question.world.deals}
    for row in cell.rows(CREATED):
        end = ends[row.deal]
        outcome, at = end if end else (None, question.as_of)
        yield question.zone.length(row.at, at), outcome


def reached(waits, age):
    """The share that is won by an age, where losing competes, by Aalen and Johansen."""
    if not any(lag >= age for lag, _ in waits) and not settled(waits):
        raise Absent("not_mature")
    return incidence(waits, age)


def incidence(waits, age):
    """The same, however long anybody was seen."""
    alive, left, won = len(waits), Fraction(1), Fraction(0)
    for lag in sorted({lag for lag, _ in waits}):
        if lag > age:
            break
        here = [outcome for other, outcome in waits if other == lag]
        wins = sum(outcome == "won" for outcome in here)
        others = sum(outcome in ("lost", "no_decision") for outcome in here)
        won += left * Fraction(wins, alive)
        left *= 1 - Fraction(wins + others, alive)
        alive -= len(here)
    return won


def settled(waits):
    """Whether the oldest of all has ended, so that nothing more can come."""
    oldest = max(lag for lag, _ in waits)
    return all(outcome is not None for lag, outcome in waits if lag == oldest)


def curve(name, days):
    """The probability of being won by an age."""

    @kpi(name, CREATED, none="no_created_deals")
    def _(cell):
        return reached(list(ended(cell)), days * DAY)


curve("win_curve_90", 90)
curve("win_curve_180", 180)
curve("win_curve_365", 365)
COHORT = Matured(CREATED, 180)


@kpi("win_rate_cohort", CREATED, none="no_created_deals", n=lambda cell: len(COHORT.of(cell)))
def _(cell):
    rows = cell.rows(CREATED)
    found = [wait for wait, row in zip(ended(cell), rows) if COHORT.passed(cell, row)]
    if not found:
        raise Absent("not_mature")
    return ratio(sum(outcome == "won" and lag <= 180 * DAY for lag, outcome in found), len(found), "not_mature")


@kpi("win_rate_cohort_maturity", CREATED, none="no_created_deals")
def _(cell):
    return ratio(len(COHORT.of(cell)), cell.count(CREATED), "no_created_deals")


def end_of(cell):
    """The period's end, also where as-of lies before it."""
    return cell.question.as_of if cell.span.end is None else cell.span.end


def pushed(cell):
    """The deals due at the start that are expected after the period at its end, with the days between."""
    still, found = at_the_end(cell), {}
    for row in cell.rows(DUE_THEN):
        later = still.get(row.deal)
        if later is not None and later.expected is not None and later.expected >= end_of(cell):
            found[row.deal] = later.expected - row.expected
    return found


@kpi("push_days", Entities(pushed, DUE_THEN), none="no_base")
def _(cell):
    found = pushed(cell)
    return ratio(Fraction(sum(found.values()), DAY), len(found), "no_base")


LATER_THEN = Sel("open_deals", axis="start", due=lambda row, cell: row.expected is not None and row.expected >= end_of(cell))


@kpi("pull_in_rate", LATER_THEN, none="no_base")
def _(cell):
    still, won = at_the_end(cell), {row.deal for row in cell.whole().rows(WON)}
    rows = cell.rows(LATER_THEN)
    due = lambda row: row is not None and row.expected is not None and row.expected < end_of(cell)
    return ratio(sum(row.deal in won or due(still.get(row.deal)) for row in rows), len(rows), "no_base")


@kpi("pushes_per_deal", OPEN, none="no_open_deals")
def _(cell):
    return ratio(cell.sum(OPEN, "pushes")[0], cell.count(OPEN), "no_open_deals")


share("open_deals_pushed_often", Sel("open_deals", lambda row: row.pushes >= 3), OPEN, "no_open_deals")
WHOLE = lambda row: None not in (row.money, row.account, row.owner, row.expected)
share("open_deals_complete", Sel("open_deals", WHOLE), OPEN, "no_open_deals")
share("open_deals_without_contacts", Sel("open_deals", lambda row: not row.contacts), OPEN, "no_open_deals")
share("leads_without_source", Sel("leads", lambda row: row.source is None and row.campaign is None), LEADS, "no_leads")
NAMELESS = Sel("activities", lambda row: row.completed and row.account is None)
share("activities_without_account", NAMELESS, DONE, "no_activities")


def due_by(row, cell):
    """Expected by the end of the period, or without a date."""
    return row.expected is None or row.expected < end_of(cell)


DUE_AT_START = Sel("open_deals", axis="start", due=due_by)


def due_value(cell, sel):
    """What the deals due at the start come to, those of more than nothing."""
    found = {deal: minor(cell, rows, "constant") for deal, rows in by(cell, sel, "deal").items()}
    return {deal: amount for deal, amount in found.items() if amount > 0}


def won_value(cell, sel, deals):
    """What was won of deals, wherever their closings are."""
    rows = [row for row in cell.whole().rows(sel) if row.deal in deals]
    return rounded(cell, minor(cell, rows, "constant"))


@kpi("pipeline_yield", Entities(lambda cell: due_value(cell, DUE_AT_START), DUE_AT_START), none="no_base")
def _(cell):
    due = due_value(cell, DUE_AT_START)
    return ratio(won_value(cell, WON, due), rounded(cell, sum(due.values())), "no_base")


def due_before(row, cell):
    """The same of the period before."""
    return row.expected is None or row.expected < min(cell.span.previous[1], cell.question.as_of)


DUE_LAST = Sel("open_deals", axis="previous", due=due_before)
WON_LAST = WON.but(axis="previous")


@kpi("coverage_needed", Entities(lambda cell: due_value(cell, DUE_LAST), DUE_LAST), none="no_base")
def _(cell):
    due = due_value(cell, DUE_LAST)
    return ratio(rounded(cell, sum(due.values())), won_value(cell, WON_LAST, due), "no_won_deals")


HUMAN = Sel("activities", lambda row: row.completed and not row.automatic)
HUMAN_MONTH = HUMAN.but(axis="days:30")
HUMAN_EVER = HUMAN.but(axis="ever")


@kpi("open_deals_untouched", OPEN, none="no_open_deals")
def _(cell):
    touched = by(cell, HUMAN_MONTH, "deal", True)
    rows = cell.rows(OPEN)
    return ratio(sum(row.deal not in touched for row in rows), len(rows), "no_open_deals")


@kpi("touches_per_win", Entities(lambda cell: by(cell, WON, "deal"), WON), none="no_won_deals")
def _(cell):
    touched, found = by(cell, HUMAN_EVER, "deal", True), by(cell, WON, "deal")
    return ratio(sum(len(touched.get(deal, [])) for deal in found), len(found), "no_won_deals")


def twice(name, sel, none):
    """The share of accounts that have two or more."""
    several = lambda cell: {one for one, rows in by(cell, sel, "account").items() if len(rows) > 1}
    part(name, lambda cell: set(by(cell, sel, "account")), several, sel, none=none)


twice("possible_duplicate_leads", LEADS, "no_leads")
twice("possible_duplicate_deals", OPEN, "no_open_deals")
MQL = step("mql")
counted("marketing_qualified_accounts", lambda cell: set(by(cell, MQL, "account")), MQL)
OPEN_THEN = Sel("open_deals", axis="during")
engaged = lambda cell: set(by(cell, HUMAN, "account", True))
part("account_engagement", lambda cell: set(by(cell, OPEN_THEN, "account")), engaged, OPEN_THEN, none="no_open_deals")

BUSY = did(("call", "meeting", "demo"))


def working_days(cell):
    """The working days on which the reps of a cell were employed, up to as-of."""
    question = cell.question
    zone, business = question.zone, question.world.business
    start, end = question.window(cell.span, "this")
    worked = set()
    for row in cell.rows(PRESENT):
        first = zone.day_of(max(row.at, start))
        last = zone.day_of(min(row.until, end))
        worked |= {(row.owner, day) for day in range(first, last) if business.works(day)}
    return len(worked)


@kpi("activity_rate", BUSY, by=PRESENT)
def _(cell):
    if not cell.rows(PRESENT):
        raise Absent("no_reps")
    return ratio(cell.count(BUSY), working_days(cell), "no_reps")


RAMPS = Sel("ramps")


def waits(cell):
    """How long each rep was seen, and whether the rep ramped ("won") or left ("lost")."""
    question = cell.question
    for row in cell.rows(RAMPS):
        ends = [(row.left, 0, "lost"), (row.ramped, 1, "won")]
        ends = [end for end in ends if end[0] is not None and end[0] < question.as_of]
        at, _, outcome = min(ends, default=(question.as_of, 0, None), key=lambda end: (end[0], -end[1]))
        yield question.zone.length(row.at, at), outcome


@kpi("ramped_in_6_months", RAMPS, none="no_reps")
def _(cell):
    return reached(list(waits(cell)), 183 * DAY)


@kpi("ramp_time", RAMPS, none="no_reps")
def _(cell):
    found = list(waits(cell))
    for lag in sorted({lag for lag, outcome in found if outcome == "won"}):
        if incidence(found, lag) >= Fraction(1, 2):
            return Fraction(lag, DAY) / Fraction("30.4375")
    raise Absent("not_reached")
