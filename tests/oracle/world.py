"""Everything that is known at a position of the log, as facts."""

from fractions import Fraction

from . import commerce, deals, leads, people, times


class MissingRate(Exception):
    """There is no exchange rate of a pair for a day."""


class World:
    """The facts known at a position."""

    def __init__(self, known):
        self.known, self.settings = known, known.settings
        self.zone = times.Zone(self.settings.get("zone"))
        self.calendar = times.Calendar(self.settings.get("fiscal_calendar"))
        self.business = times.Business(self.settings, self.zone)
        self.stages = deals.Stages(self.settings)
        self.currency = self.settings.get("currency") or "USD"
        self.people = people.People(known, self.zone)
        self.deals = [deals.Deal(id, versions, self) for id, versions in known.of("opportunity").items()]
        self.activities = [leads.activity(id, v, self.zone) for id, v in known.of("activity").items()]
        answers = {}
        for row in self.activities:
            if row.completed and not row.automatic and row.direction == "outbound" and row.lead:
                answers.setdefault(known.survivor("lead", row.lead), []).append(row.at)
        self.leads = [leads.Lead(id, v, self, answers.get(id, [])) for id, v in known.of("lead").items()]
        self.held = {
            "subscriptions": [commerce.Subscription(id, v, self.zone) for id, v in known.of("subscription").items()],
            "contracts": [commerce.Contract(id, v, self.zone) for id, v in known.of("contract").items()],
            "open_deals": self.deals,
        }
        self.rates = {}
        for versions in known.of("fx_rate").values():
            says = versions[-1].says
            key = (says["base_currency"], says["quote_currency"], says.get("budget") or None)
            self.rates.setdefault(key, {})[times.day(says["date"])] = Fraction(says["rate"])
        self._tables = {}

    def owner_at(self, row, at):
        """Who owns the deal or lead of a row at an instant."""
        if row.kind == "opportunity":
            return next(deal for deal in self.deals if deal.id == row.id).owner_at(at)
        return next(lead for lead in self.leads if lead.id == row.id).owner_at(at)

    def rows(self, table):
        """All rows of a table that does not depend on an instant."""
        if table not in self._tables:
            self._tables[table] = list(getattr(self, "_" + table)())
        return self._tables[table]

    def _closings(self):
        for deal in self.deals:
            yield from deal.closing_rows()

    def _won_lines(self):
        for deal in self.deals:
            for row in deal.closing_rows():
                if row.outcome == "won":
                    yield from deal.line_rows(row)

    def _credits(self):
        for deal in self.deals:
            for row in deal.closing_rows():
                if row.outcome == "won":
                    yield from deal.credit_rows(row)

    def _stage_spells(self):
        for deal in self.deals:
            yield from deal.stays()

    def _leads(self):
        return [lead.row() for lead in self.leads]

    def _lead_steps(self):
        for lead in self.leads:
            yield from lead.step_rows()

    def _activities(self):
        return self.activities

    def _employment(self):
        return self.people.employment()

    def _quotas(self):
        return self.people.quotas()

    def _simple(self, kind, make):
        return [make(id, versions, self.zone) for id, versions in self.known.of(kind).items()]

    def _orders(self):
        return self._simple("order", commerce.order)

    def _order_lines(self):
        for row in self.rows("orders"):
            yield from commerce.order_lines(row)

    def _spend(self):
        return self._simple("spend", commerce.spend)

    def _samples(self):
        return self._simple("metric_sample", commerce.sample)

    def _contract_checks(self):
        for contract in self.held["contracts"]:
            yield from contract.check_rows()

    def stock(self, table, at):
        """What holds just before an instant: open deals, subscriptions that run, contracts that are known."""
        key = table, at
        if key not in self._tables:
            found = (one.at(at) for one in self.held[table])
            self._tables[key] = [row for row in found if row]
        return self._tables[key]

    def created_deals(self, as_of):
        """How deals entered the pipeline, as of an instant."""
        key = "created_deals", as_of
        if key not in self._tables:
            self._tables[key] = [deal.created_row(as_of) for deal in self.deals]
        return self._tables[key]

    def rate(self, currency, day, budget=None):
        """How many units of the tenant's currency one unit costs (R5)."""
        home = self.currency
        if currency == home:
            return Fraction(1)
        direct = self._newest((currency, home, budget), day)
        if direct is not None:
            return direct
        inverse = self._newest((home, currency, budget), day)
        if inverse is None:
            raise MissingRate(f"{currency} to {home} for {times.date(day)}")
        return 1 / inverse

    def _newest(self, key, day):
        days = self.rates.get(key, {})
        if key[2]:
            before = [at for at in days if at <= day]
            return days[max(before)] if before else (days[min(days)] if days else None)
        near = [at for at in days if day - 7 <= at <= day]
        return days[max(near)] if near else None
