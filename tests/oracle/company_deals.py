"""Deals of made-up companies: with histories or as versions out of order, reopened, corrected, backdated, deleted."""

from . import times

OPEN = ("Talk", "Demo", "Offer")
TYPES = ("NEW", "NEW", "EXPANSION", "CROSS_SELL", None)


class Deals:
    """The deals of a company, and what happens to them."""

    def __init__(self, company):
        self.company, self.draw = company, company.draw
        self.made = {}

    def records(self):
        """All deals as they are first sent."""
        out = []
        # Of some there must be enough to measure the chances of stages.
        for number in range(150 if self.company.seed % 5 == 1 else 46):
            id = f"d{number:02}"
            out += self.one(id)
        return out

    def path(self, renewal, created):
        """Stages with the days on which they were entered: with jumps, steps back, closes and reopenings."""
        draw = self.draw
        open_stages = ("Due",) if renewal else OPEN
        ends = ("Signed", "Gone") if renewal else ("Won", "Won", "Lost", "Asleep")
        number, stages = created, [(created, open_stages[0])]
        for _ in range(draw.randint(0, 4)):
            number += draw.randint(0, 60)
            stages.append((number, draw.choice(open_stages)))
        if draw.chance(0.75):
            number += draw.randint(0, 60)
            stages.append((number, draw.choice(ends)))
            if draw.chance(0.2):
                number += draw.randint(1, 40)
                stages.append((number, draw.choice(open_stages + ends)))
                if draw.chance(0.5):
                    number += draw.randint(1, 40)
                    stages.append((number, draw.choice(ends)))
        if draw.chance(0.1):
            stages = stages[-1:]
        return stages

    def base(self, renewal):
        """What does not change of a deal."""
        draw, company = self.draw, self.company
        kind = "RENEWAL" if renewal else draw.choice(TYPES)
        lines = []
        for _ in range(draw.choice((0, 1, 1, 2, 3))):
            line = {"product": draw.choice(("Disk", "Lamp", "Pump")), "product_family": draw.choice(("Hard", None)),
                    "units": draw.choice((None, "2", "0.5", "7"))}
            if draw.chance(0.5):
                line["amount"] = {"minor_units": draw.randint(0, 900_000), "currency_code": "EUR"}
            lines.append({k: v for k, v in line.items() if v is not None})
        return {
            "account_id": draw.choice((*company.accounts, None)),
            "lines": lines,
            "source": draw.choice(("web", "referral", None)),
            "campaign": draw.choice(("spring", "fair", None, None)),
            "type": f"OPPORTUNITY_TYPE_{kind}" if kind else None,
            "pipeline": "renew" if renewal else draw.choice(("new", None)),
            "competitor": draw.choice(("Rival", "Other", None)),
            "term_months": draw.choice((12, 24, None)),
            "contact_count": draw.choice((0, 1, 4, None)),
        }

    def one(self, id):
        """One deal, told in one of three ways."""
        draw = self.draw
        renewal = draw.chance(0.2)
        created = draw.day(last=times.day("2024-10-01"))
        stages, base = self.path(renewal, created), self.base(renewal)
        dates = draw.choice((0.0, 0.5, 1.0))
        way = draw.choice(("history", "versions", "versions", "plain"))
        base["created_at"] = draw.field(created, dates) if draw.chance(0.93) else None
        if base["created_at"] and "instant" in base["created_at"]:
            base["created_at"]["instant"] = f"{times.date(created)}T00:00:00Z"
        self.made[id] = (base, stages, dates)
        return getattr(self, way)(id, base, stages, dates)

    def says(self, base, stage, number, last):
        """A version at a stage."""
        draw = self.draw
        closed = stage in ("Won", "Lost", "Asleep", "Signed", "Gone")
        lost = stage in ("Lost", "Asleep", "Gone")
        amount = draw.maybe(0.88, draw.money)
        says = {
            **base,
            "stage": stage,
            "owner_id": draw.choice((*self.company.reps, None)),
            "amount": amount,
            "expected_close": draw.maybe(0.8, lambda: draw.field(number + draw.randint(-20, 90), 0.8)),
            "loss_reason": draw.choice(("price", "timing", None)) if lost else None,
        }
        if amount and draw.chance(0.4):
            listed = amount["minor_units"] + draw.choice((0, 100, 50_000))
            says["list_amount"] = {**amount, "minor_units": listed}
        if draw.chance(0.6):
            says["forecast_category"] = "FORECAST_CATEGORY_" + draw.choice(("PIPELINE", "BEST_CASE", "MOST_LIKELY", "COMMIT", "OMITTED"))
        if draw.chance(0.25):
            says["crm_probability"] = draw.choice(("0", "0.25", "0.5", "1"))
        if closed and draw.chance(0.4):
            # Backdated: signed before it was clicked.
            first = times.day(base["created_at"]["date"]) if base["created_at"] and "date" in base["created_at"] else number
            says["closed_at"] = draw.field(max(first, number - draw.choice((0, 1, 3))), 0.7)
            if base["created_at"] and "instant" in base["created_at"]:
                says["closed_at"] = {"instant": draw.time(number + 1)}
            if base["created_at"] and says["closed_at"].get("instant", "")[:10] == base["created_at"].get("date"):
                # The day may begin later in the tenant's zone.
                says["closed_at"] = base["created_at"]
        if not closed and draw.chance(0.2):
            says["qualified_at"] = draw.field(number + draw.choice((1, 5)), 0.6)
        if draw.chance(0.25):
            says["credits"] = self.credits()
        return says

    def credits(self):
        """Two or three reps who share a deal."""
        draw = self.draw
        reps = draw.sample(self.company.reps, draw.choice((2, 2, 3)))
        shares = {2: draw.choice((("0.5", "0.5"), ("0.7", "0.3"), ("0.333333", "0.666667"))), 3: ("0.4", "0.4", "0.2")}
        return [{"rep_id": rep, "share": share} for rep, share in zip(reps, shares[len(reps)])]

    def plain(self, id, base, stages, dates):
        """One version that tells the last state."""
        number, stage = stages[-1]
        return [self.company.version("opportunity", id, stages[0][0], self.says(base, stage, number, True))]

    def versions(self, id, base, stages, dates):
        """A version a change, each from its own day."""
        out, seen = [], set()
        for number, stage in stages:
            record = self.company.version("opportunity", id, number, self.says(base, stage, number, False))
            if self.draw.chance(0.2):
                record["source_version"] = self.draw.randint(1, 5)
            out.append(record)
        if len(out) == 1 and self.draw.chance(0.3) and base["created_at"]:
            del out[0]["effective_at"]
        return out

    def history(self, id, base, stages, dates):
        """One version that tells all of it."""
        draw = self.draw
        says = self.says(base, stages[-1][1], stages[-1][0], True)
        says.pop("closed_at", None)
        says["stage_history"] = [{"at": draw.entry(number, dates), "stage": stage} for number, stage in stages]
        if draw.chance(0.5):
            amounts = [{"at": draw.entry(number, dates), "amount": draw.money()} for number, _ in stages]
            says["amount_history"] = amounts
            says["amount"] = amounts[-1]["amount"]
            says.pop("list_amount", None)
        if draw.chance(0.4):
            owners = [{"at": draw.entry(number, dates), "owner_id": draw.choice(self.company.reps)} for number, _ in stages]
            says["owner_history"], says["owner_id"] = owners, owners[-1]["owner_id"]
        if draw.chance(0.5):
            dated = [
                {"at": draw.entry(number, dates), "expected_close": draw.field(number + draw.randint(-5, 80), 0.8)}
                for number, _ in stages
            ]
            says["close_date_history"], says["expected_close"] = dated, dated[-1]["expected_close"]
        told = {"stage": "stage", "amount": "amount", "owner": "owner_id", "close_date": "expected_close"}
        for name, field in told.items():
            entries = says.get(name + "_history")
            if entries:
                entries.sort(key=lambda entry: entry["at"].get("date") or entry["at"]["instant"])
                says[field] = entries[-1][field]
        if says["stage"] not in ("Lost", "Asleep", "Gone"):
            says.pop("loss_reason", None)
        return [self.company.version("opportunity", id, stages[-1][0], says)]

    def corrections(self):
        """What is said anew of deals, and deals that go and come back."""
        draw, company = self.draw, self.company
        steps = []
        for id in draw.sample(sorted(self.made), 8):
            base, stages, dates = self.made[id]
            number, stage = stages[-1]
            base = {**base, "account_id": draw.choice(company.accounts)}
            day = draw.choice((number, number + 3, stages[0][0]))
            steps.append(company.version("opportunity", id, day, self.says(base, stage, number, True)))
        # Without a time of its own: it holds from its arrival, and its stage and close are a correction.
        for id in draw.sample(sorted(self.made), 4):
            base, stages, dates = self.made[id]
            record = company.version("opportunity", id, 0, self.says(base, stages[-1][1], stages[-1][0], True))
            del record["effective_at"]
            steps.append(record)
        gone = draw.sample(sorted(self.made), 5)
        out = [{"upsert": steps}]
        out += [{"delete": {"kind": "opportunity", "id": id}} for id in gone]
        base, stages, dates = self.made[gone[0]]
        back = company.version("opportunity", gone[0], 0, self.says(base, stages[-1][1], stages[-1][0], True))
        del back["effective_at"]
        late = company.version("opportunity", gone[1], stages[0][0], self.says(base, stages[0][1], stages[0][0], True))
        out.append({"upsert": [back, late]})
        return out
