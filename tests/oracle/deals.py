"""The life of a deal: when it was open, qualified, won and lost, and what it was worth (R2, R3, R14)."""

from fractions import Fraction

from . import fields, times
from .log import ARRIVAL
from .split import first, parts, shares
from .tables import Row

CLASSES = {
    "STAGE_CLASS_OPEN": "open",
    "STAGE_CLASS_WON": "won",
    "STAGE_CLASS_LOST": "lost",
    "STAGE_CLASS_NO_DECISION": "no_decision",
}


class Stages:
    """What stages mean, by pipeline; a deal that names no pipeline is in the first."""

    def __init__(self, settings):
        pipelines = settings.get("pipelines", [])
        self.default = pipelines[0]["id"] if pipelines else None
        self.known = {
            (pipeline["id"], stage["name"]): (place, stage)
            for pipeline in pipelines
            for place, stage in enumerate(pipeline["stages"], 1)
        }

    def _of(self, deal, stage):
        return self.known.get((deal.get("pipeline") or self.default, stage), (None, {}))

    def outcome(self, deal, stage):
        """open, won, lost or no_decision."""
        return CLASSES.get(self._of(deal, stage)[1].get("class"), "open")

    def qualifies(self, deal, stage):
        """Whether a deal that enters the stage is qualified."""
        return self._of(deal, stage)[1].get("qualified", False)

    def place(self, deal, stage):
        """The place of a stage in its pipeline; None where settings do not name it."""
        return self._of(deal, stage)[0]

    def probability(self, deal, stage):
        """The chance to win from a stage, as written; None where it is not set."""
        return self._of(deal, stage)[1].get("probability") or None


class Closing:
    """A deal was closed so from `start` to `end`."""

    def __init__(self, start, when, stage, outcome):
        self.start, self.when, self.stage, self.outcome = start, when, stage, outcome
        self.end, self.opened = times.NEVER, times.EVER


class Deal:
    """One deal as its living versions tell of it."""

    def __init__(self, id, versions, world):
        self.id, self.world, self.zone = id, world, world.zone
        newest = versions[-1].says
        created = times.when(newest.get("created_at"))
        told = None if created else min(map(self.zone.begin, self._told(newest)), default=None)
        self.aged = told is None
        # A deal of which nothing is told came to be when it was first recorded.
        self.created = created or ("at", told if told is not None else ARRIVAL)
        start = self.zone.begin(self.created)
        self.story = story = fields.Story(versions, start, self.zone)
        self.start = start
        self.stages = story.points(lambda says: says["stage"], fields.history("stage_history", lambda e: e["stage"]))
        amount = lambda says: fields.money(says.get("amount"))
        self.amounts = story.points(amount, fields.history("amount_history", amount))
        owner = lambda says: says.get("owner_id")
        self.owners = story.points(owner, fields.history("owner_history", owner))
        expected = lambda says: times.when(says.get("expected_close"))
        self.expected = story.points(expected, fields.history("close_date_history", expected))
        if self.outcome(self.stages[0]) == "open":
            self.stages[0].at = start
        self.qualified = self._qualified(newest)
        self.closings, self.open = [], []
        self._live()

    @staticmethod
    def _told(says):
        found = [says.get("qualified_at"), says.get("closed_at")]
        for name in ("stage_history", "amount_history", "owner_history", "close_date_history"):
            found += [entry["at"] for entry in says.get(name, [])]
        return [times.when(field) for field in found if field]

    def outcome(self, point):
        """What a stage means in the pipeline in which it was entered."""
        return self.world.stages.outcome(self.story.says[point.version], point.value)

    def _qualified(self, newest):
        when = times.when(newest.get("qualified_at"))
        if when:
            at = self.zone.begin(when)
        else:
            stages = self.world.stages
            entered = [p for p in self.stages if stages.qualifies(self.story.says[p.version], p.value)]
            if not entered:
                return None
            at, when = entered[0].at, entered[0].when
        at = max(at, self.start)
        return at, self.until(at, when)

    def until(self, at, when):
        """What is stated up to then belongs to an event: of a day, all of it."""
        if when and when[0] == "day":
            return max(at, self.zone.start(when[1] + 1) - 1)
        return at

    def _stated(self, place):
        """The close that the source states with a stage: by the newest version that says it is there."""
        after = self.stages[place + 1:place + 2]
        if after and after[0].version == self.stages[place].version:
            return None
        last = after[0].version - 1 if after else len(self.story.says) - 1
        return times.when(self.story.says[last].get("closed_at"))

    def _live(self):
        """The state machine: open from creation, closed by a closed stage, open again by a later open one."""
        opened, run = self.start, []
        for place, point in enumerate(self.stages):
            outcome = self.outcome(point)
            if outcome == "open":
                opened = self._reopen(opened, run, point.at)
                run = []
                continue
            stated = self._stated(place)
            when = stated or point.when or (self.created if point.version == 0 else ("at", point.at))
            if run and run[-1].outcome == outcome:
                if stated:
                    run[-1].start, run[-1].when = self.zone.begin(when), when
            else:
                run.append(Closing(self.zone.begin(when), when, point.value, outcome))
        opened = self._reopen(opened, run, times.NEVER)
        if opened < times.NEVER:
            self.open.append((opened, times.NEVER))

    def _reopen(self, opened, run, at):
        """Closings that lasted end where the next begins, the last at the reopening. Since when the deal is open then."""
        lasted, end = [], at
        for closing in reversed(run):
            closing.opened = opened
            if closing.start < opened:
                closing.start, closing.when = opened, ("at", opened)
            closing.end = end
            if closing.start < end:
                lasted.insert(0, closing)
                end = closing.start
        if not lasted:
            return opened
        self.closings += lasted
        if opened < end:
            self.open.append((opened, end))
        return at

    def row(self, at, number, **more):
        """A row of what a version says of the deal."""
        says = self.story.says[number]
        lines = says.get("lines", [])
        size = lambda line: int(line["amount"].get("minor_units", 0)) if line.get("amount") else -1
        main = max(lines, key=size) if lines else {}
        return Row(
            at,
            kind="opportunity",
            id=self.id,
            deal=self.id,
            says=says,
            version=number,
            account=says.get("account_id") or None,
            product=main.get("product"),
            product_family=main.get("product_family") or None,
            pipeline=says.get("pipeline") or self.world.stages.default,
            source=says.get("source") or None,
            campaign=says.get("campaign") or None,
            competitor=says.get("competitor") or None,
            type=_type(says),
            category=_category(says),
            **more,
        )

    def closing_rows(self):
        """A row a closing, with the amount and owner at the close."""
        for closing in self.closings:
            at = self.until(closing.start, closing.when)
            saying = [
                number
                for number, says in enumerate(self.story.says)
                if closing.opened <= self.story.starts[number] < closing.end
                and self.world.stages.outcome(says, says["stage"]) == closing.outcome
            ]
            number, told = self.story.version_at(at), at
            if saying:
                number, told = saying[-1], self.story.starts[saying[0]]
            row = self.row(closing.start, number, stage=closing.stage, outcome=closing.outcome, until=closing.end)
            row.credits = self._credits(max(at, told))
            row.owner = first(row.credits) or fields.of_event(self.owners, at, told) or None
            row.money = fields.of_event(self.amounts, at, told)
            row.cycle = self._cycle(closing)
            row.listed = _listed(row)
            row.discount = _discount(row)
            row.contacts = _contacts(row.says)
            row.created_at = self.start if self.aged else None
            row.loss_reason = None if closing.outcome == "won" else row.says.get("loss_reason") or None
            yield row

    def _credits(self, at):
        """Who is credited with the deal at an instant; nobody where its owner has all of it."""
        return self.story.says[self.story.version_at(at)].get("credits", [])

    def owner_at(self, at):
        """The primary owner at an instant: of the largest share, then of the first id; without credits the owner."""
        return first(self._credits(at)) or fields.at(self.owners, at) or None

    def _pushes(self, at):
        """How often the expected close has been put off so far."""
        count, last = 0, None
        for point in self.expected:
            if point.at > at:
                break
            begin = self.zone.begin(point.value) if point.value else None
            count += None not in (begin, last) and begin > last
            last = begin
        return count

    def _cycle(self, closing):
        if not self.aged:
            return None
        if self.created[0] == "day" and closing.when[0] == "day":
            return max(0, closing.when[1] - self.created[1]) * times.DAY
        return max(0, closing.start - self.start)

    def at(self, at):
        """The deal as it is open just before an instant; None where it is not."""
        if not any(start < at <= end for start, end in self.open):
            return None
        before = at - 1
        number = self.story.version_at(before)
        stages = [point for point in self.stages if point.at <= before and self.outcome(point) == "open"]
        row = self.row(at - 1, number, stage=stages[-1].value if stages else None)
        row.owner = self.owner_at(before)
        row.money = fields.at(self.amounts, before)
        expected = fields.at(self.expected, before)
        row.expected = self.zone.begin(expected) if expected else None
        row.pushes = self._pushes(before)
        row.probability = says_probability(row.says, self.world.stages, row.stage)
        row.chance = None if row.money is None else row.probability
        row.contacts = _contacts(row.says)
        row.qualified = self.qualified is not None and self.qualified[0] <= before
        return row

    def during(self, first, last):
        """The deal as it was open at some time from an instant up to another one: a row a change."""
        points = (self.stages, self.amounts, self.owners, self.expected)
        changes = {point.at for some in points for point in some} | set(self.story.starts)
        if self.qualified:
            changes.add(self.qualified[0])
        for start, end in self.open:
            begin, before = max(start, first), None
            for cut in sorted({begin} | {at for at in changes if begin < at}):
                if cut >= min(last, end):
                    continue
                row = self.at(cut + 1)
                told = {name: value for name, value in row.__dict__.items() if name not in ("at", "says", "version")}
                if told != before:
                    row.at, before = cut, told
                    yield row

    def outcome_at(self, as_of):
        """How the deal has ended as of an instant, and when; None while it is open."""
        for closing in self.closings:
            if closing.start < as_of <= closing.end:
                return closing.outcome, closing.start
        return None

    def created_row(self, as_of):
        """How the deal entered the pipeline, as of an instant: at its qualification, else at its creation."""
        at, until = self.start, self.start
        if self.qualified and (self.qualified[0] <= self.start or self.qualified[0] < as_of):
            at, until = self.qualified
        row = self.row(at, self.story.version_at(at))
        stages = [point.value for point in self.stages if point.at <= at]
        row.stage = stages[-1] if stages else None
        row.owner = self.owner_at(at)
        row.money = fields.at(self.amounts, until)
        return row

    def stays(self):
        """The stays in open stages, each with the stage entered, how it ended and when the deal got further."""
        found = []
        for start, end in self.open:
            here = []
            for point in self.stages:
                if self.outcome(point) != "open" or point.at >= end:
                    continue
                at = max(point.at, start)
                if here and here[-1].at == at:
                    here.pop()
                if not here or here[-1].stage != point.value:
                    place = self.world.stages.place(self.story.says[point.version], point.value)
                    row = self.row(at, self.story.version_at(at), stage=point.value, place=place)
                    row.owner = self.owner_at(at)
                    here.append(row)
            for row, after in zip(here, here[1:] + [None]):
                row.left = after.at if after else (end if end < times.NEVER else None)
            found += here
        for number, row in enumerate(found):
            row.first = all(other.stage != row.stage for other in found[:number])
            further = [
                other.at for other in found[number + 1:]
                if row.place is not None and other.place is not None and other.place > row.place
            ]
            if row.left is not None:
                further += [c.start for c in self.closings if c.outcome == "won" and c.start >= row.left]
            row.advanced = min(further, default=None)
        return found

    def line_rows(self, closing):
        """The product lines of a won closing, whose amounts sum to its."""
        lines = closing.says.get("lines", [])
        for line, money in zip(lines, parts(lines, closing.money)):
            row = closing.copy()
            row.product, row.product_family = line["product"], line.get("product_family") or None
            row.units, row.money = line.get("units") or "1", money
            yield row

    def credit_rows(self, closing):
        """The reps credited with a won closing, its amount split by largest remainder (R10)."""
        return shares(closing)


def says_probability(says, stages, stage):
    """The CRM's own probability, else that of the stage in the settings."""
    told = says.get("crm_probability") or stages.probability(says, stage)
    return Fraction(told) if told else None


def _listed(row):
    """The list amount, where it is of the currency of the amount."""
    listed = fields.money(row.says.get("list_amount"))
    return listed if listed and row.money and listed[1] == row.money[1] else None


def _discount(row):
    """The discount as stated, else what the amount lies below the list amount."""
    stated, listed = fields.money(row.says.get("discount")), row.listed
    return stated or (listed and (listed[0] - row.money[0], listed[1]))


def _contacts(says):
    return int(says["contact_count"]) if "contact_count" in says else None


def _category(says):
    name = says.get("forecast_category", "").removeprefix("FORECAST_CATEGORY_").lower()
    return None if name in ("", "unspecified") else name


def _type(says):
    name = says.get("type", "OPPORTUNITY_TYPE_UNSPECIFIED").removeprefix("OPPORTUNITY_TYPE_").lower()
    return None if name == "unspecified" else name
