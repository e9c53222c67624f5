"""Everything about made-up companies that is no deal: leads, activities, quotas, subscriptions, contracts, orders."""

from . import times


class Sales:
    """What a company does besides deals."""

    def __init__(self, company):
        self.company, self.draw = company, company.draw
        self.leads, self.gone = [f"l{number:02}" for number in range(40)], set()
        self.first = {}

    def records(self):
        """All of it as it is first sent."""
        out = []
        for id in self.leads:
            out += self.lead(id)
        for number in range(170):
            out.append(self.activity(f"t{number:03}"))
        for number in range(16):
            out += self.quota(f"q{number:02}")
        return out

    def lead(self, id):
        """A lead in one version or two."""
        draw, company = self.draw, self.company
        created = draw.day(last=times.day("2024-11-15"))
        says = {
            "source": draw.choice(("web", "fair", None)),
            "campaign": draw.choice(("spring", None)),
            "created_at": draw.field(created, 0.4) if draw.chance(0.95) else None,
            "owner_id": draw.choice((*company.reps, None)),
            "account_id": draw.choice((*company.accounts, None)),
            "status": draw.choice(("open", "working", None)),
        }
        if says["created_at"] and "date" not in says["created_at"]:
            says["created_at"] = {"instant": draw.time(created)}
        after = created + 1
        self.first[id] = created
        for name, share in (("mql_at", 0.6), ("sql_at", 0.45), ("converted_at", 0.3)):
            if draw.chance(share):
                says[name] = draw.field(after + draw.randint(0, 70), 0.5)
        if "converted_at" not in says and draw.chance(0.1):
            says["converted_opportunity_id"] = "d01"
        out = [company.version("lead", id, created, says)]
        if draw.chance(0.4):
            later = {**says, "owner_id": draw.choice(company.reps), "disqualify_reason": draw.choice(("student", None))}
            out.append(company.version("lead", id, created + draw.randint(1, 90), later))
            if draw.chance(0.5):
                later = {**later, "disqualify_reason": draw.choice(("spam", None)), "converted_opportunity_id": "d02"}
                out.append(company.version("lead", id, created + draw.randint(91, 150), later))
        elif draw.chance(0.3) and says["created_at"]:
            del out[0]["effective_at"]
        return out

    def activity(self, id):
        """Somebody did something, mostly about a lead."""
        draw, company = self.draw, self.company
        lead = draw.maybe(0.6, lambda: draw.choice(self.leads))
        number = self.first[lead] + draw.choice((0, 0, 0, 1, 2, 9, -3)) if lead else draw.day()
        kind = draw.choice(("CALL", "EMAIL", "EMAIL", "MEETING", "DEMO", "TASK"))
        outcome = draw.choice(("CONNECTED", "REPLIED", "BOUNCED", "OPENED_BY_MACHINE", "OPENED_BY_HUMAN", "CLICKED", "NO_ANSWER", None))
        says = {
            "type": "ACTIVITY_TYPE_" + kind,
            "rep_id": draw.choice((*company.reps, None)) if lead else draw.choice(company.reps),
            "lead_id": lead,
            "opportunity_id": draw.choice((f"d{draw.randrange(46):02}", None)),
            "account_id": draw.choice((*company.accounts, None)),
            "at": draw.field(number, 0.4),
            "completed": True if draw.chance(0.85) else None,
            "direction": "ACTIVITY_DIRECTION_" + draw.choice(("OUTBOUND", "OUTBOUND", "INBOUND")) if draw.chance(0.95) else None,
            "automatic": True if draw.chance(0.2) else None,
            "outcome": f"ACTIVITY_OUTCOME_{outcome}" if outcome else None,
        }
        return company.version("activity", id, number, says)

    def quota(self, id):
        """A quota of a rep or team, now and then changed within its period."""
        draw, company = self.draw, self.company
        start = times.months(draw.choice((2023, 2024)), draw.choice((1, 4, 7, 10)))
        at = times.date(start)
        length = draw.choice((1, 3, 12))
        says = {
            "period_start": str(at),
            "period_end": str(times.date(times.months(at.year, at.month + length))),
        }
        if draw.chance(0.75):
            says["rep_id"] = draw.choice(company.reps)
        else:
            says["team_id"] = draw.choice(company.teams)
        if draw.chance(0.9):
            says["amount"] = {**draw.money(20_000), "currency_code": draw.choice(("EUR", "EUR", "USD"))}
        else:
            says["count"] = "5"
        out = [company.version("quota", id, start - 30, says)]
        if draw.chance(0.3) and "amount" in says:
            changed = {**says, "amount": {**says["amount"], "minor_units": says["amount"]["minor_units"] + 100_000}}
            out.append(company.version("quota", id, start + draw.choice((10, 400)), changed))
        return out

    def corrections(self):
        """Leads and activities that are said anew or go."""
        draw, company = self.draw, self.company
        out = []
        for id in draw.sample(self.leads, 3):
            self.gone.add(id)
            out.append({"delete": {"kind": "lead", "id": id}})
        for number in draw.sample(range(170), 4):
            out.append({"delete": {"kind": "activity", "id": f"t{number:03}"}})
        again = [self.activity(f"t{number:03}") for number in draw.sample(range(170), 6)]
        for record in again:
            record["effective_at"] = "2024-12-31T00:00:00Z"
        out.append({"upsert": again})
        return out
