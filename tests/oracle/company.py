"""Made-up companies, small but nasty: the same seed makes the same one. A company is a list of steps to play in order."""

import random

from . import times
from .company_commerce import Commerce
from .company_deals import Deals
from .company_sales import Sales

ZONES = ("Europe/Berlin", "America/New_York", "America/Santiago", "Asia/Kolkata", "UTC")
PATTERNS = ("FISCAL_PATTERN_4_4_5", "FISCAL_PATTERN_CALENDAR", "FISCAL_PATTERN_4_5_4", "FISCAL_PATTERN_5_4_4")
FIRST, LAST = times.day("2023-01-01"), times.day("2024-12-31")


class Draw(random.Random):
    """Draws of the things that companies are made of."""

    def day(self, first=FIRST, last=LAST):
        """A day, as a number."""
        return self.randint(first, last)

    def chance(self, share):
        """True so often."""
        return self.random() < share

    def time(self, number):
        """An instant on a day, in RFC 3339: now and then at midnight UTC."""
        second = 0 if self.chance(0.1) else self.randrange(86_400)
        text = f"{times.date(number)}T{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"
        return text + ("." + f"{self.randrange(10**6):06}" if self.chance(0.2) else "") + "Z"

    def field(self, number, dates=0.6):
        """A day or instant of the contract on a day."""
        return {"date": str(times.date(number))} if self.chance(dates) else {"instant": self.time(number)}

    def entry(self, number, dates):
        """The same for entries of a history: at hours that are in the same order as the days, in every zone."""
        if self.chance(dates):
            return {"date": str(times.date(number))}
        return {"instant": f"{times.date(number)}T{self.randint(12, 17)}:{self.randrange(60):02}:00Z"}

    def maybe(self, share, make):
        """Something or nothing."""
        return make() if self.chance(share) else None

    def money(self, most=50_000):
        """An amount: now and then nothing, or in a currency from abroad."""
        currency = self.choices(("EUR", "USD", "JPY", "GBP"), (6, 3, 1, 1))[0]
        minor = self.choice((0, 1, 99, 100, 333)) if self.chance(0.08) else self.randint(1, most * 100)
        return {"minor_units": minor, "currency_code": currency}


def settings(draw, seed):
    """The settings of a company."""
    stage = lambda name, kind, qualified=False, chance=None: {
        "name": name,
        "class": "STAGE_CLASS_" + kind,
        **({"qualified": True} if qualified else {}),
        **({"probability": chance} if chance else {}),
    }
    new = [
        stage("Talk", "OPEN", chance="0.1"),
        stage("Demo", "OPEN", True, "0.3"),
        stage("Offer", "OPEN", True, "0.65"),
        stage("Won", "WON"),
        stage("Lost", "LOST"),
        stage("Asleep", "NO_DECISION"),
    ]
    renew = [stage("Due", "OPEN", True, "0.8"), stage("Signed", "WON"), stage("Gone", "LOST")]
    hours = [{"weekday": day, "opens": "08:30", "closes": "17:30"} for day in range(1, 6)]
    hours.append({"weekday": 6, "opens": "10:00", "closes": "12:00"})
    made = {
        "currency": "JPY" if seed % 5 == 4 else "EUR",
        "zone": ZONES[seed % len(ZONES)],
        "fiscal_calendar": {"start_month": (1, 4, 7, 2)[seed % 4], "pattern": PATTERNS[seed % 4]},
        "holidays": [str(times.date(draw.day())) for _ in range(12)],
        "pipelines": [{"id": "new", "stages": new}, {"id": "renew", "stages": renew}],
        "attributes": [
            {"kind": "opportunity", "name": "tier", "type": "ATTRIBUTE_TYPE_TEXT"},
            {"kind": "account", "name": "tier", "type": "ATTRIBUTE_TYPE_TEXT"},
            {"kind": "rep", "name": "badge", "type": "ATTRIBUTE_TYPE_TEXT"},
        ],
    }
    if seed % 2:
        made["business_hours"] = hours
    if seed % 3:
        made["constant_currency_budget"] = "plan"
    return made


class Company:
    """A company of a seed."""

    def __init__(self, seed):
        self.draw = draw = Draw(seed)
        self.seed, self.steps = seed, []
        self.reps = [f"r{number}" for number in range(7)]
        self.teams = ["north", "south", "core", "deep"]
        self.accounts = [f"a{number}" for number in range(12)]
        made = settings(draw, seed)
        self.steps.append({"settings": made})
        self.people()
        self.starters()
        self.rates(made)
        deals, sales, commerce = Deals(self), Sales(self), Commerce(self)
        # In batches, so that what was known after each can be asked for; corrections and late records come later.
        for batch in self.batches(deals.records() + sales.records() + commerce.records()):
            self.steps.append({"upsert": batch})
        self.steps += deals.corrections()
        self.steps += sales.corrections()
        self.steps += commerce.corrections()
        self.reorganise()
        self.merges(deals, sales)
        if seed % 3 == 0:
            changed = {**made, "holidays": made["holidays"][:6]}
            changed["pipelines"] = [{**made["pipelines"][0], "stages": [*made["pipelines"][0]["stages"]]}, made["pipelines"][1]]
            changed["pipelines"][0]["stages"][0] = {**made["pipelines"][0]["stages"][0], "qualified": True}
            self.steps.append({"settings": changed})

    def batches(self, records):
        """Records in no order, in three parts; versions without a time of their own stay in order."""
        keyed = [record for record in records if "effective_at" in record]
        plain = [record for record in records if "effective_at" not in record]
        self.draw.shuffle(keyed)
        cut = len(keyed) // 3
        return [plain + keyed[:cut], keyed[cut:2 * cut], keyed[2 * cut:]]

    def version(self, kind, id, day, says, **more):
        """A version of a record that holds from a day."""
        effective = f"{times.date(day)}T00:00:00Z"
        fields = {"opportunity": "tier", "account": "tier", "rep": "badge"}
        if kind in fields and self.draw.chance(0.5):
            more["attributes"] = {fields[kind]: {"text": self.draw.choice(("gold", "tin"))}}
        return {"id": id, "effective_at": effective, kind: {k: v for k, v in says.items() if v is not None}, **more}

    def people(self):
        """Teams in a tree, reps who come and go, accounts with parents."""
        draw, records = self.draw, []
        tree = {"north": None, "south": None, "core": "north", "deep": "core"}
        for team, parent in tree.items():
            says = {
                "name": draw.choice((team.title(), "Crew")),
                "parent_id": parent,
                "manager": draw.choice(("r0", "r1", "Ms Boss", None)),
                "region": draw.choice(("East", "West", None)),
                "territory": draw.choice(("eu/de", "eu/fr", "us", None)),
            }
            records.append(self.version("team", team, FIRST - 400, says))
        for number, rep in enumerate(self.reps):
            start = draw.day(FIRST - 300, FIRST + 400)
            says = {
                "name": "Kim" if number in (2, 3) else draw.choice((f"Rep {number}", None)),
                "manager": draw.choice(("r0" if number else None, None, None, "Mr X")),
                "team_id": draw.choice((*self.teams, None)),
                "region": draw.choice(("East", None)),
                "territory": draw.choice(("us", None)),
                "role": draw.choice(("ae", "sdr")),
                "start_date": str(times.date(start)) if draw.chance(0.8) else None,
                "end_date": str(times.date(start + draw.randint(100, 700))) if draw.chance(0.3) else None,
            }
            records.append(self.version("rep", rep, FIRST - 300, says))
        for number, account in enumerate(self.accounts):
            says = {
                "name": draw.choice((f"Acme {number}", "Twin", None)),
                "parent_id": draw.choice((None, None, self.accounts[0], self.accounts[max(0, number - 1)])) if number else None,
                "segment": draw.choice(("smb", "enterprise", None)),
                "industry": draw.choice(("food", "steel", None)),
                "region": draw.choice(("DE", "FR", None)),
            }
            records.append(self.version("account", account, FIRST - 200, says))
        self.steps.append({"upsert": records})

    def starters(self):
        """Reps who come to carry their quota after some months, and one who does not. Two quotas become something else
        within their month: that of a team, and a number of deals."""
        records = []
        starters = ("n0", 3, (0, 1, 2)), ("n1", 5, (1, 3, 4)), ("n2", 6, (2,)), ("n3", 8, (2, 3)), ("n4", 4, (1, 2, 3))
        for rep, month, wins in starters:
            start = times.months(2023, month)
            says = {"start_date": str(times.date(start)), "team_id": "core" if rep == "n1" else "south", "role": "ae"}
            records.append(self.version("rep", rep, FIRST - 300, says))
            for step in range(6):
                first, end = times.months(2023, month + step), times.months(2023, month + step + 1)
                period = {"period_start": str(times.date(first)), "period_end": str(times.date(end))}
                amount = {"minor_units": 1000, "currency_code": "EUR"}
                records.append(self.version("quota", f"{rep}-{step}", first - 30, {"rep_id": rep, **period, "amount": amount}))
                if rep + str(step) in ("n02", "n41"):
                    held = {"team_id": "south", "amount": amount} if rep == "n0" else {"rep_id": rep, "count": "5"}
                    records.append(self.version("quota", f"{rep}-{step}", first + 10, {**held, **period}))
                if step in wins:
                    won = {"minor_units": 800 + 100 * step, "currency_code": "EUR"}
                    deal = {"owner_id": rep, "stage": "Won", "amount": won, "created_at": {"date": str(times.date(first + 3))}}
                    deal["closed_at"] = {"date": str(times.date(first + 20))}
                    records.append(self.version("opportunity", f"{rep}-{step}", first + 20, deal))
        self.steps.append({"upsert": records})

    def reorganise(self):
        """Reps move to other teams, accounts to other segments, as of days in the past."""
        draw, records = self.draw, []
        for rep in draw.sample(self.reps, 3):
            before = self.newest("rep", rep)
            records.append(self.version("rep", rep, draw.day(), {**before, "team_id": draw.choice(self.teams), "role": "ae"}))
        for account in draw.sample(self.accounts, 3):
            before = self.newest("account", account)
            records.append(self.version("account", account, draw.day(), {**before, "segment": "mid", "region": "DE"}))
        team = self.newest("team", "south")
        records.append(self.version("team", "south", draw.day(), {**team, "parent_id": "north", "region": "Moved"}))
        self.steps.append({"upsert": records})

    def newest(self, kind, id):
        """What was last sent of a record."""
        sent = [record for step in self.steps for record in step.get("upsert", [])]
        return [record[kind] for record in sent if record.get("id") == id and kind in record][-1]

    def merges(self, deals, sales):
        """Accounts and leads that turn out to be one, one after the other; and what comes back after a merge."""
        draw = self.draw
        one, two, three = draw.sample(self.accounts[1:], 3)
        self.steps.append({"merge": {"kind": "account", "survivor": one, "losers": [two]}})
        self.steps.append({"merge": {"kind": "account", "survivor": three, "losers": [one]}})
        alive = [lead for lead in sales.leads if lead not in sales.gone]
        first, second, third = draw.sample(alive, 3)
        self.steps.append({"merge": {"kind": "lead", "survivor": first, "losers": [second, third]}})
        if draw.chance(0.5):
            back = {"id": two, "account": {"name": "Back", "segment": "smb"}}
            self.steps.append({"upsert": [back]})
        for rep in draw.sample(self.reps, 1):
            if draw.chance(0.4):
                self.steps.append({"delete": {"kind": "rep", "id": rep}})

    def rates(self, made):
        """Rates to the tenant's currency, some the other way round, with gaps of up to a week and corrections."""
        draw, home, records = self.draw, made["currency"], []
        # How many units of a currency a euro costs.
        level = {"EUR": 1.0, "USD": 1.1, "JPY": 150.0, "GBP": 0.86}
        for currency in level:
            if currency == home:
                continue
            number = FIRST - 420
            while number < LAST + 500:
                price = level[home] / level[currency] * (1 + draw.uniform(-0.05, 0.05))
                base, quote = (currency, home) if currency != "GBP" else (home, currency)
                rate = price if currency != "GBP" else 1 / price
                text = f"{rate:.6f}"
                records.append({"fx_rate": {"base_currency": base, "quote_currency": quote, "date": str(times.date(number)), "rate": text}})
                number += draw.randint(2, 7)
            rate = f"{level[home] / level[currency]:.4f}"
            records.append({"fx_rate": {"base_currency": currency, "quote_currency": home, "date": "2023-01-01", "rate": rate, "budget": "plan"}})
        self.steps.append({"upsert": records})
        again = []
        for record in draw.sample(records, 10):
            rate = record["fx_rate"]
            again.append({"fx_rate": {**rate, "rate": f"{float(rate['rate']) * 1.07:.6f}"}})
        self.steps.append({"upsert": again})
