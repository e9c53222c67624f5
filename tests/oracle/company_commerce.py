"""What made-up companies sell and spend: subscriptions, contracts, orders, costs, and other numbers."""

from . import times

# Numbers that arrive from elsewhere, each with the values that it takes.
METRICS = {
    "gross_margin": ("0.7", "0.82", "0.655", "-0.1"),
    "nps": ("0", "5", "6", "7", "8", "9", "10", "10"),
    "nps.asked": ("20", "35"),
    "csat": ("1", "3", "4", "5", "5"),
    "ces": ("2", "6", "7"),
    "engagement": ("3.5", "4", "71.25"),
    "competency": ("2", "3"),
    "process_adherence": ("0.5", "0.9"),
    "account.engagement": ("12", "80"),
    "support.handle_time": ("4.5", "12"),
    "support.tickets_closed": ("3", "40"),
    "web.visits": ("1000", "5321"),
    "web.carts": ("100", "120"),
    "web.orders": ("30", "45"),
    "finance.ebit": ("-1000.5", "25000"),
    "finance.operating_profit": ("12000.25", "9000"),
    "finance.net_income": ("7000", "-350"),
    "finance.revenue": ("100000", "250000.75"),
    "finance.cogs": ("40000", "41000"),
    "finance.capital_employed": ("900000", "1000000"),
    "inventory.cogs": ("5000", "7000"),
    "inventory.value": ("2500", "0", "9000"),
    "forecast.error": ("-120.5", "40", "0", "7"),
    "forecast.actual": ("1000", "900.25"),
    "forecast.inside": ("0", "1", "1"),
}


class Commerce:
    """What a company sells besides deals, and what it costs."""

    def __init__(self, company):
        self.company, self.draw = company, company.draw

    def records(self):
        """All of it as it is first sent."""
        out = []
        for number in range(30):
            out += self.subscription(f"s{number:02}")
        for number in range(14):
            out += self.contract(f"c{number:02}")
        out += [self.order(f"o{number:02}") for number in range(45)]
        out += [self.spend(f"e{number:02}") for number in range(30)]
        out += [self.sample(f"m{number:03}", name) for number, name in enumerate(12 * tuple(METRICS))]
        return out

    def monthly(self):
        """A monthly amount: now and then a trial."""
        amount = self.draw.money(900)
        if self.draw.chance(0.1):
            amount["minor_units"] = 0
        return amount

    def changed(self, amount):
        """Another monthly amount: of the same currency for the most part."""
        if self.draw.chance(0.4):
            return self.monthly()
        minor = amount["minor_units"]
        return {**amount, "minor_units": minor + self.draw.choice((-100, 500, 5000)) if minor > 100 else 700}

    def subscription(self, id):
        """A subscription with ups and downs, an end, and now and then a return."""
        draw, company = self.draw, self.company
        start = draw.day(times.day("2022-03-01"), times.day("2024-08-01"))
        says = {
            "account_id": draw.choice(company.accounts),
            "product": draw.choice(("Disk", "Lamp", None)),
            "mrr": self.monthly(),
            "started_at": draw.field(start, 0.7),
        }
        out = [company.version("subscription", id, start, says)]
        if draw.chance(0.3):
            del out[0]["effective_at"]
        number = start + 1
        for _ in range(draw.choice((0, 1, 2, 3))):
            number += draw.randint(20, 200)
            says = {**says, "mrr": self.changed(says["mrr"])}
            out.append(company.version("subscription", id, number, says))
        if draw.chance(0.6):
            number += draw.randint(5, 120)
            says = {**says, "ended_at": draw.field(number, 0.7)}
            out.append(company.version("subscription", id, number - draw.choice((0, 3)), says))
            if draw.chance(0.4):
                number += draw.randint(5, 100)
                says = {**says, "started_at": draw.field(number, 0.7), "ended_at": None, "mrr": self.monthly()}
                out.append(company.version("subscription", id, number, says))
        return out

    def contract(self, id):
        """A contract, later signed and filed, with checks."""
        draw, company = self.draw, self.company
        number = draw.day(last=times.day("2024-09-01"))
        checks = []
        for name in draw.sample(("credit", "legal", "data"), draw.choice((0, 1, 2))):
            due = number + draw.randint(0, 90)
            check = {"name": name, "due_date": str(times.date(due))}
            if draw.chance(0.7):
                check["done_date"] = str(times.date(due + draw.choice((-3, 0, 0, 1, 9))))
            checks.append(check)
        says = {
            "account_id": draw.choice((*company.accounts, None)),
            "opportunity_id": f"d{draw.randrange(46):02}",
            "document_present": True if draw.chance(0.5) else None,
            "compliance_checks": checks,
            "term_months": draw.choice((12, None)),
        }
        out = [company.version("contract", id, number, says)]
        if draw.chance(0.7):
            signed = {**says, "signed_at": draw.field(number + draw.randint(0, 20), 0.6), "document_present": True}
            out.append(company.version("contract", id, number + draw.randint(1, 40), signed))
        return out

    def order(self, id):
        """An order, invoice or credit note."""
        draw, company = self.draw, self.company
        number = draw.day()
        kind = draw.choice(("ORDER", "INVOICE", "CREDIT_NOTE", None))
        lines = []
        for _ in range(draw.choice((0, 1, 2))):
            line = {"product": draw.choice(("Disk", "Lamp")), "units": draw.choice((None, "3"))}
            lines.append({k: v for k, v in line.items() if v})
        says = {
            "account_id": draw.choice(company.accounts),
            "opportunity_id": draw.choice((f"d{draw.randrange(46):02}", None)),
            "at": draw.field(number, 0.6),
            "type": f"ORDER_TYPE_{kind}" if kind else None,
            "revenue": draw.maybe(0.9, lambda: draw.money(3_000)),
            "lines": lines,
        }
        return company.version("order", id, number, says)

    def spend(self, id):
        """Money spent over some weeks or months."""
        draw, company = self.draw, self.company
        start = draw.day(times.day("2022-09-01"), times.day("2024-11-01"))
        says = {
            "category": "SPEND_CATEGORY_" + draw.choice(("MARKETING", "MARKETING", "SALES_PAYROLL", "TOOLS", "TRAINING", "OTHER")),
            "channel": draw.choice(("search", "fairs", None)),
            "campaign": draw.choice(("spring", "fair", None)),
            "amount": draw.money(8_000),
            "period_start": str(times.date(start)),
            "period_end": str(times.date(start + draw.choice((1, 7, 31, 90, 365)))),
        }
        return company.version("spend", id, start, says)

    def sample(self, id, name):
        """A number of another sort."""
        draw, company = self.draw, self.company
        number = draw.day(times.day("2022-10-01"))
        named = {"owner": company.reps, "account": company.accounts, "channel": ("search", "web"), "product": ("Disk",)}
        dimensions = {key: draw.choice(some) for key, some in named.items() if draw.chance(0.3)}
        says = {
            "name": name,
            "dimensions": dimensions,
            "at": draw.field(number, 0.6),
            "value": draw.choice(METRICS[name]),
            "weight": draw.choice((None, None, "2", "0.5")),
        }
        return company.version("metric_sample", id, number, says)

    def corrections(self):
        """What is said anew, and what goes."""
        draw, company = self.draw, self.company
        again = [self.order("o01"), self.spend("e02"), self.sample("m003", "finance.ebit"), *self.contract("c01")]
        for record in again:
            record["effective_at"] = "2024-12-31T00:00:00Z"
        again[-1]["effective_at"] = "2024-12-31T00:00:01Z"
        gone = [("subscription", "s03"), ("order", "o05"), ("spend", "e04"), ("contract", "c02"), ("metric_sample", "m007")]
        return [{"upsert": again}] + [{"delete": {"kind": kind, "id": id}} for kind, id in gone]
