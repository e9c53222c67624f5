"""Subscriptions, contracts, orders, costs and other numbers, as facts."""

from fractions import Fraction

from . import fields, times
from .leads import name
from .split import parts
from .tables import Row


class Subscription:
    """What an account pays each month: one stretch, or several where it came back."""

    def __init__(self, id, versions, zone):
        self.id, self.stretches = id, []
        for version in versions:
            start = zone.begin(times.when(version.says["started_at"]))
            ended = times.when(version.says.get("ended_at"))
            end = zone.begin(ended) if ended else times.NEVER
            # Who starts at or after the end that was told comes back; else the stretch is told anew.
            if self.stretches and start < self.stretches[-1][1]:
                stretch = self.stretches.pop()
                self.stretches.append((start, end, stretch[2] + [version]))
            else:
                self.stretches.append((start, end, [version]))

    def at(self, instant):
        """What is paid just before an instant."""
        for start, end, versions in self.stretches:
            if start < instant <= end:
                return self._row(start, versions, instant - 1)
        return None

    def _row(self, start, versions, at):
        says = [versions[0], *(version for version in versions if version.key[0] <= at)][-1].says
        money = fields.money(says["mrr"])
        return Row(
            at,
            kind="subscription",
            id=self.id,
            account=says["account_id"],
            product=says.get("product") or None,
            money=money,
            started_at=start,
        )

    def during(self, first, last):
        """What was paid at some time from an instant up to another one."""
        for start, end, versions in self.stretches:
            cuts = [max(start, first)] + [version.key[0] for version in versions if start < version.key[0] < end]
            for cut in cuts:
                if first <= cut < min(last, end):
                    yield self._row(start, versions, cut)


class Contract:
    """An agreement, from when it is known."""

    def __init__(self, id, versions, zone):
        self.id, self.versions, self.zone = id, versions, zone
        newest = versions[-1].says
        signed = times.when(newest.get("signed_at"))
        self.signed = zone.begin(signed) if signed else None
        self.start = min([versions[0].key[0]] + ([self.signed] if signed else []))
        self.checks = newest.get("compliance_checks", [])

    def at(self, instant):
        """The contract just before an instant."""
        return self._row(instant - 1) if self.start < instant else None

    def _row(self, at, **more):
        says = [self.versions[0], *(version for version in self.versions if version.key[0] <= at)][-1].says
        return Row(
            at,
            kind="contract",
            id=self.id,
            contract=self.id,
            account=says.get("account_id") or None,
            deal=says.get("opportunity_id") or None,
            signed_at=self.signed,
            document=says.get("document_present", False),
            **more,
        )

    def check_rows(self):
        """A row a check, at the end of the day on which it is due."""
        for check in self.checks:
            due = times.day(check["due_date"])
            done = times.day(check["done_date"]) if check.get("done_date") else None
            yield self._row(self.zone.start(due + 1) - 1, check=check["name"], in_time=done is not None and done <= due)


def order(id, versions, zone):
    """An order, invoice or credit note; what a credit note takes back counts with the opposite sign."""
    says = versions[-1].says
    kind = name(says, "type", "ORDER_TYPE_") or "order"
    money = fields.money(says.get("revenue"))
    if money and kind == "credit_note":
        money = (-money[0], money[1])
    return Row(
        zone.begin(times.when(says["at"])),
        kind="order",
        id=id,
        order=id,
        account=says.get("account_id") or None,
        deal=says.get("opportunity_id") or None,
        order_type=kind,
        money=money,
        lines=says.get("lines", []),
    )


def order_lines(row):
    """The product lines of an order, whose amounts sum to its revenue."""
    sign = -1 if row.order_type == "credit_note" else 1
    whole = (sign * row.money[0], row.money[1]) if row.money else None
    for line, money in zip(row.lines, parts(row.lines, whole)):
        found = row.copy()
        found.product, found.product_family = line["product"], line.get("product_family") or None
        found.units = sign * Fraction(line.get("units") or "1")
        found.money = (sign * money[0], money[1]) if money else None
        yield found


def spend(id, versions, zone):
    """Money spent over the days of a period."""
    says = versions[-1].says
    first, end = times.day(says["period_start"]), times.day(says["period_end"])
    return Row(
        zone.start(first),
        until=zone.start(end),
        kind="spend",
        id=id,
        spend=id,
        first=first,
        end=end,
        spend_category=name(says, "category", "SPEND_CATEGORY_"),
        channel=says.get("channel") or None,
        campaign=says.get("campaign") or None,
        money=fields.money(says["amount"]),
    )


def sample(id, versions, zone):
    """A value of any other number."""
    says = versions[-1].says
    of = lambda key: says.get("dimensions", {}).get(key) or None
    known = {key: of(key) for key in ("owner", "account", "product", "channel", "campaign", "source")}
    return Row(
        zone.begin(times.when(says["at"])),
        kind="metric_sample",
        id=id,
        sample=id,
        metric=says["name"],
        value=Fraction(says["value"]),
        weight=Fraction(says.get("weight") or "1"),
        team_named=of("team"),
        **known,
    )
