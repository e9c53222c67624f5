"""Reps, teams and accounts over time: names, attributes, employment, quotas (R9)."""

from . import fields, times
from .tables import Row

BANDS = (
    (0, "under 3 months"),
    (3, "3 to 6 months"),
    (6, "6 to 12 months"),
    (12, "1 to 2 years"),
    (24, "over 2 years"),
)


class People:
    """What is known of reps, teams and accounts."""

    def __init__(self, known, zone):
        self.known, self.zone = known, zone
        self.reps, self.teams, self.accounts = (known.of(kind) for kind in ("rep", "team", "account"))
        self.names = {kind: self._names(kind) for kind in ("rep", "team", "account")}

    def _names(self, kind):
        """Names as the newest versions give them, with the id where several have one, else the id."""
        given = {id: versions[-1].says.get("name") for id, versions in self.known.of(kind).items()}
        bearers = list(given.values())
        return {
            id: (f"{name} ({id})" if bearers.count(name) > 1 else name) if name else id for id, name in given.items()
        }

    def name(self, kind, id):
        """What a rep, team or account is called; a merged one as its survivor."""
        if id is None:
            return None
        id = self.known.survivor(kind, id)
        return self.names[kind].get(id, id)

    @staticmethod
    def held(versions, at):
        """What the version says that holds at an instant; the first holds from the beginning of time."""
        return [versions[0], *(version for version in versions if version.key[0] <= at)][-1].says

    def team_of(self, rep, at):
        """The id of a rep's team."""
        return self.held(self.reps[rep], at).get("team_id") or None if rep in self.reps else None

    def chain(self, team, at):
        """A team and those above it, from the bottom."""
        found = []
        while team and team in self.teams and team not in found and len(found) < 64:
            found.append(team)
            team = self.held(self.teams[team], at).get("parent_id") or None
        return found

    def at_level(self, team, level, at):
        """The team above a team so many levels from the top; of a shorter chain the deepest."""
        chain = self.chain(team, at)[::-1]
        return chain[min(level, len(chain)) - 1] if chain else team

    def tenure(self, rep, at):
        """How long a rep had been there."""
        if rep not in self.reps or not self.reps[rep][-1].says.get("start_date"):
            return None
        first = times.date(times.day(self.reps[rep][-1].says["start_date"]))
        found = None
        for months, name in BANDS:
            begins = times.months(first.year, first.month + months)
            last = times.months(first.year, first.month + months + 1) - 1
            if self.zone.start(min(begins + first.day - 1, last)) <= at:
                found = name
        return found

    def of_rep(self, rep, field, at):
        """A rep's own value, else that of the nearest team upwards that has one."""
        if rep not in self.reps:
            return None
        own = self.held(self.reps[rep], at).get(field)
        if own:
            return own
        teams = (self.held(self.teams[team], at).get(field) for team in self.chain(self.team_of(rep, at), at))
        return next((value for value in teams if value), None)

    def manager(self, rep, at):
        """A manager is shown by name where it is a rep's id."""
        who = self.of_rep(rep, "manager", at)
        return self.names["rep"].get(who, who)

    def of_account(self, account, field, at):
        """An attribute of an account, or of the one that it was merged into."""
        account = self.known.survivor("account", account)
        return self.held(self.accounts[account], at).get(field) or None if account in self.accounts else None

    def parent(self, account):
        """The customer that an account belongs to: the survivor of its merges, and its topmost parent. Accounts above
        each other in a circle are one customer."""
        path = []
        while account is not None:
            if account in path:
                return min(path[path.index(account):])
            path.append(account)
            account = self.known.survivors.get(("account", account)) or self._above(account)
        return path[-1] if path else None

    def _above(self, account):
        versions = self.accounts.get(account)
        return versions[-1].says.get("parent_id") or None if versions else None

    def employment(self):
        """Who was employed from when to when."""
        for rep, versions in self.reps.items():
            says = versions[-1].says
            start = self.zone.start(times.day(says["start_date"])) if says.get("start_date") else times.EVER
            end = self.zone.start(times.day(says["end_date"]) + 1) if says.get("end_date") else times.NEVER
            started = start if says.get("start_date") else None
            pieces = []
            for version in versions:
                does = version.says.get("role") or None, version.says.get("sales_model") or None
                since = max(start, version.key[0]) if pieces else start
                if not pieces or pieces[-1][1] != does:
                    pieces.append((since, does))
            for (since, (role, model)), after in zip(pieces, pieces[1:] + [(end, None)]):
                until = min(after[0], end)
                if since < until:
                    row = Row(since, kind="rep", id=rep, owner=rep, until=until, started_at=started)
                    row.role, row.sales_model = role, model
                    yield row

    def quotas(self):
        """The quotas, each version on the days of its period on which it holds."""
        for id, versions in self.known.of("quota").items():
            held = [(version.key[0], version.says) for version in versions]
            held[0] = (times.EVER, held[0][1])
            over = self.zone.start(times.day(held[-1][1]["period_end"]))
            newest = held[-1][1]
            held = [entry for entry in held if entry[0] < over]
            held[-1] = (held[-1][0], newest)
            for (since, says), after in zip(held, held[1:] + [(times.NEVER, None)]):
                first, end = times.day(says["period_start"]), times.day(says["period_end"])
                start = max(since, self.zone.start(first))
                until = min(after[0], self.zone.start(end))
                if start < until:
                    yield Row(
                        start,
                        kind="quota",
                        id=id,
                        quota=id,
                        until=until,
                        owner=says.get("rep_id"),
                        team=says.get("team_id"),
                        money=fields.money(says.get("amount")),
                        count=says.get("count"),
                        first=first,
                        end=end,
                    )

    def ramps(self, world, question):
        """The reps with a known first day who were ever given a quota in money: when they came, when they had come to
        carry it, when they left. What holds at the end of a period that is over is what was to be reached in it."""
        held, last, periods, spells = [row for row in world.rows("quotas") if row.owner and row.money], {}, {}, {}
        for row in held:
            periods[row.owner] = {}
            if row.until == self.zone.start(row.end):
                last[row.id] = max(last.get(row.id, row), row, key=lambda one: one.at)
        for row in last.values():
            if row.until <= question.as_of:
                own = periods[row.owner]
                amount = question.convert(*row.money, row.at, "booked")
                own[row.first, row.end] = own.get((row.first, row.end), 0) + amount
        for row in world.rows("employment"):
            if row.started_at is not None:
                spells.setdefault(row.owner, []).append(row)
        for rep, rows in spells.items():
            if rep not in periods:
                continue
            first, until = min(rows, key=lambda row: row.at), max(row.until for row in rows)
            left = None if until >= times.NEVER else until
            ramped = self._ramped(world, question, rep, periods[rep], first.started_at)
            yield Row(first.started_at, kind="rep", id=rep, owner=rep, role=first.role, sales_model=first.sales_model,
                      ramped=ramped, left=left)

    def _ramped(self, world, question, rep, periods, started):
        """The end of the first of two periods running in which credits came to 80 % of the quota."""
        wins = [row for row in world.rows("credits") if row.owner == rep and row.money and row.at < question.as_of]
        wins = [row for row in wins if row.until is None or row.until >= question.as_of]
        reached = []
        for (first, end), quota in periods.items():
            start, until = self.zone.start(first), self.zone.start(end)
            won = sum(question.convert(*row.money, row.at, "booked") for row in wins if start <= row.at < until)
            if until <= question.as_of and quota > 0 and 10 * won >= 8 * quota:
                reached.append((start, until))
        found = [until for _, until in reached if until > started and any(start == until for start, _ in reached)]
        return min(found, default=None)
