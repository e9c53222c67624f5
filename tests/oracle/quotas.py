"""Quotas of a cell: those of reps, and those of teams by the tree of teams.

A team's quota is its own record on the days on which it has one, else the sum of its direct children: teams, and reps
directly in it; never both. The whole is what the top teams come to, and the reps without a team. That holds where only
teams (and currencies) are told apart; else quotas of reps count.
"""

from fractions import Fraction

from .kpi import Sel, groups_of
from .question import Money, exponent

REPS = Sel("quotas", lambda row: row.team is None, axis="during")
ALL = Sel("quotas", axis="during")


def days(cell, axis="during"):
    """The days of a period, or of the one before it."""
    question, span, zone = cell.question, cell.span, cell.question.zone
    start, end = span.start, question.as_of if span.end is None else span.end
    if axis.endswith("previous"):
        start, end = span.previous
    return -(1 << 40) if start is None else zone.day_of(start), zone.day_of(end)


def piece(cell, row, axis="during"):
    """The days of a row that lie in the period."""
    zone = cell.question.zone
    first, last = days(cell, axis)
    start = max(row.first, first, zone.day_of(row.at))
    return start, max(start, min(row.end, last, zone.day_of(row.until)))


def spread(cell, rows, axis="during", policy=None):
    """Amounts by the share of their days that lie in the period, in minor units."""
    total = Fraction(0)
    for row in rows:
        if row.money:
            start, end = piece(cell, row, axis)
            total += share(cell, row, end - start, policy)
    return total


def share(cell, row, count, policy=None):
    """The part of an amount that belongs to so many of its days."""
    part = Fraction(row.money[0] * count, row.end - row.first)
    return cell.question.convert(part, row.money[1], row.at, policy or cell.kpi.policy)


def by_teams(question, dimensions):
    """Whether only teams and currencies are told apart."""
    named = [*dimensions, *(one["dimension"] for one in question.filters)]
    return all(name.partition(".")[0] in ("team", "team_tree", "currency") for name in named)


MEMBERS = ("quota_attainment", "pipeline_coverage")


class Tree:
    """What each team has to reach on each day."""

    def __init__(self, cell):
        self.cell, self.question = cell, cell.question
        self.people, self.zone = cell.question.world.people, cell.question.zone
        self.rows = cell.whole().rows(ALL)
        self.first = min((piece(cell, row)[0] for row in self.rows), default=0)
        self.last = max((piece(cell, row)[1] for row in self.rows), default=0)
        # Per group, how many days of each row count.
        self.counted = {}
        for day in range(self.first, self.last):
            self._take(day)

    def _take(self, day):
        """Adds the quotas of a day to the groups that they belong to."""
        people, question = self.people, self.question
        at = question.as_of - 1 if question.now else self.zone.start(day)
        held = [row for row in self.rows if row.money and piece(self.cell, row)[0] <= day < piece(self.cell, row)[1]]
        if not held:
            return
        parents = {team: people.held(versions, at).get("parent_id") or None for team, versions in people.teams.items()}
        parents.update({row.team: parents.get(row.team) for row in held if row.team})
        own = {team: [row for row in held if row.team == team] for team in parents}
        reps = {}
        for row in held:
            if not row.team:
                reps.setdefault(people.team_of(row.owner, at), []).append(row)

        def reach(team):
            found = own.get(team)
            if not found:
                children = (child for child, above in parents.items() if above == team)
                found = [row for child in children for row in reach(child)] + reps.get(team, [])
            return found

        for labels, rows in self._targets(parents, reps, reach, at):
            for row in rows:
                group = tuple(row.money[1] if label is CURRENCY else label for label in labels)
                if self._wanted(row):
                    counted = self.counted.setdefault(group, {})
                    counted[id(row)] = counted.get(id(row), 0) + 1

    def _wanted(self, row):
        one = next((one for one in self.question.filters if one["dimension"] == "currency"), None)
        return one is None or row.money[1] in self.question._wanted(one)

    def _targets(self, parents, reps, reach, at):
        """The groups of a day, each with the quotas that it has to reach."""
        dimensions = self.cell.dimensions
        levels = [name for name in dimensions if name.startswith("team")]
        # Beside what a team's own people won stands what they are to reach.
        members = self.cell.kpi.name in MEMBERS
        filtered = members and any(one["dimension"] == "team" for one in self.question.filters)
        own = lambda team: reps.get(team, []) if filtered and team in parents.values() else reach(team)
        teams = [team for team in parents if self._passes(team, at)]
        loose = [row for team, rows in reps.items() if team not in parents for row in rows]
        loose = loose if self._passes(None, at) else []
        if not levels:
            tops = [team for team in teams if not any(above in teams for above in self._above(team, parents))]
            yield self._labels({}), [row for team in tops for row in own(team)] + loose
            return
        groups = {}
        for team in teams:
            names = {name: self._called(name, team, at) for name in levels}
            groups.setdefault(self._labels(names), []).append(team)
        for labels, some in groups.items():
            # The topmost teams of a group stand for it.
            for team in some:
                above = self._above(team, parents)
                if not any(one in some for one in above):
                    short = any("." in name and len(above) + 1 < int(name[5:]) for name in levels)
                    short = short or filtered or members and "team" in levels
                    yield labels, reps.get(team, []) if short and team in parents.values() else reach(team)
        yield self._labels({}), loose

    def _called(self, name, team, at):
        level = int(name[5:]) if "." in name else None
        return self.people.name("team", self.people.at_level(team, level, at) if level else team)

    def _above(self, team, parents):
        found, above = [], parents.get(team)
        while above in parents and above not in found:
            found.append(above)
            above = parents[above]
        return found

    def _labels(self, names):
        return tuple(CURRENCY if name == "currency" else names.get(name) for name in self.cell.dimensions)

    def _passes(self, team, at):
        people, question = self.people, self.question
        for one in question._each_filter():
            name, _, level = one["dimension"].partition(".")
            if name == "currency":
                continue
            if name == "team_tree":
                names = [people.name("team", above) for above in people.chain(team, at)] or [None]
            else:
                names = [people.name("team", people.at_level(team, int(level), at) if level else team)]
            if not any(one in question._wanted({"dimension": one_of(name, level)}) for one in names):
                return False
        return True


CURRENCY = object()


def one_of(name, level):
    """The name of a dimension with its level."""
    return f"{name}.{level}" if level else name


def tree(cell):
    """The tree of a period, kept."""
    key = "tree", cell.dimensions, cell.number, cell.kpi.name in MEMBERS
    kept = cell.question._kept
    if key not in kept:
        kept[key] = Tree(cell)
    return kept[key]


class Quotas:
    """The quotas that count in a cell."""

    def __call__(self, cell):
        if not by_teams(cell.question, cell.dimensions):
            return cell.rows(REPS)
        found = tree(cell)
        counted = found.counted.get(cell.group, {})
        return [row for row in found.rows if id(row) in counted]

    def groups(self, cell):
        if not by_teams(cell.question, cell.dimensions):
            return groups_of(cell, REPS)
        return set(tree(cell).counted)


QUOTAS = Quotas()


def quota(cell):
    """What the quotas of a cell come to."""
    rows = QUOTAS(cell)
    if by_teams(cell.question, cell.dimensions):
        counted = tree(cell).counted.get(cell.group, {})
        total = sum((share(cell, row, counted[id(row)]) for row in rows), Fraction(0))
    else:
        total = spread(cell, rows)
    seen = sum(row.money is not None for row in rows)
    return Money(Fraction(round(total)) / 10 ** exponent(cell.question.world.currency), len(rows), seen)
