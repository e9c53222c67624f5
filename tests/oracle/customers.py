"""Customers and accounts: what each of them has in a cell, and what all of them come to."""

from fractions import Fraction

from .kpi import Absent, kpi, ratio
from .question import exponent


def by(cell, sel, entity, whole=False):
    """The rows of each entity in a cell; those that name none are left out. `whole` = wherever they are."""
    found = {}
    for row in (cell.whole() if whole else cell).rows(sel):
        key = key_of(cell, row, entity)
        if key is not None:
            found.setdefault(key, []).append(row)
    return found


def key_of(cell, row, entity):
    """The entity that a row belongs to: merged accounts are one, customers also with all below the topmost parent."""
    world = cell.question.world
    if entity == "customer":
        return world.people.parent(row.account)
    if entity == "account":
        return row.account and world.known.survivor("account", row.account)
    return getattr(row, entity)


def minor(cell, rows, policy, at=None):
    """What the amounts of rows come to in minor units, not rounded."""
    question = cell.question
    priced = [row for row in rows if row.money]
    return sum((question.convert(*row.money, row.at if at is None else at, policy) for row in priced), Fraction(0))


def rounded(cell, amount):
    """An amount of minor units in major ones, rounded once."""
    return Fraction(round(amount)) / 10 ** exponent(cell.question.world.currency)


class Entities:
    """The entities of a cell that a condition holds of, as the items of a KPI."""

    def __init__(self, find, *sels):
        self.find, self.sels = find, sels

    def __call__(self, cell):
        return list(self.find(cell))

    def groups(self, cell):
        found = set()
        for sel in self.sels:
            rows = cell.question.rows(sel.table, sel.axis, cell.dimensions)
            found |= {group for number, group in rows if number == cell.number}
        return {group for group in found if self.find(cell.of(group))}


def counted(name, find, *sels, **more):
    """How many entities there are."""
    kpi(name, Entities(find, *sels), kind="exact", **more)(lambda cell: Fraction(len(find(cell))))


def part(name, find, some, *sels, none, zero=None):
    """The share of entities that are also some others."""

    @kpi(name, Entities(find, *sels), none=none)
    def _(cell):
        there = some(cell)
        found = find(cell)
        if not found:
            raise Absent(zero or none)
        return ratio(sum(one in there for one in found), len(found), none)
