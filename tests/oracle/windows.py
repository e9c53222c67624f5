"""Conversion within a window: of those whose whole window has passed (R12)."""

from fractions import Fraction

from . import times
from .kpi import Absent, kpi, ratio


class Matured:
    """The rows begun in a period of which the whole window has passed by as-of."""

    def __init__(self, sel, days):
        self.sel, self.days = sel, days

    def passed(self, cell, row):
        """Whether the window of a row has passed."""
        return cell.question.zone.length(row.at, cell.question.as_of) >= self.days * times.DAY

    def of(self, cell):
        """How many have matured."""
        return [row for row in cell.rows(self.sel) if self.passed(cell, row)]


def conversion(name, sel, days, end, none, **more):
    """The share of matured rows whose end came within the window."""
    matured = Matured(sel, days)

    def ended(cell, row):
        at = getattr(row, end)
        zone = cell.question.zone
        return at is not None and at < cell.question.as_of and zone.length(row.at, at) <= days * times.DAY

    @kpi(name, sel, none=none, n=lambda cell: len(matured.of(cell)), **more)
    def _(cell):
        found = matured.of(cell)
        if not found:
            raise Absent("not_mature")
        return ratio(sum(ended(cell, row) for row in found), len(found), "not_mature")


def maturity(name, sel, days, none, **more):
    """The share of rows whose window has passed."""
    matured = Matured(sel, days)

    @kpi(name, sel, none=none, **more)
    def _(cell):
        return ratio(Fraction(len(matured.of(cell))), cell.count(sel), none)
