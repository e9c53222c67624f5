"""What was sent, and what of it is known at a position of the log (DESIGN 3.1, R4)."""

from . import times

# Whatever has no time of its own took effect when it arrived, which is after everything that companies tell of.
ARRIVAL = times.instant("2100-01-01T00:00:00Z")

CREATED = {
    "lead": "created_at",
    "opportunity": "created_at",
    "activity": "at",
    "rep": "start_date",
    "subscription": "started_at",
    "contract": "signed_at",
    "order": "at",
    "spend": "period_start",
    "metric_sample": "at",
}


class Change:
    """One change of a record: what a version says, or that it is gone."""

    def __init__(self, seq, key, says, attributes=None, survivor=None):
        self.seq, self.key, self.says = seq, key, says
        self.attributes, self.survivor = attributes or {}, survivor


class Log:
    """The changes of all records in the order in which they arrived."""

    def __init__(self):
        self.records = {}
        self.settings = []

    def _next(self, kind, id, seq):
        """The key of a change that names none: after the current one."""
        changes = self.records.get((kind, id), [])
        current = max((change.key[0] for change in changes), default=times.EVER)
        return (max(ARRIVAL + seq, current + 1), 0)

    def upsert(self, record, seq):
        """A record that was written as the change `seq`."""
        kind = next(name for name in record if name not in ("id", "effective_at", "source_version", "attributes"))
        says, id = record[kind], record.get("id") or fx_id(record)
        if "effective_at" in record:
            key = (times.instant(record["effective_at"]), record.get("source_version", 0))
        else:
            created = says.get(CREATED.get(kind, ""))
            created = ("day", times.day(created)) if isinstance(created, str) else times.when(created)
            if created and (kind, id) not in self.records:
                key = (times.Zone(self.settings[-1][1].get("zone")).begin(created), 0)
            else:
                key = self._next(kind, id, seq)
        change = Change(seq, key, says, record.get("attributes"))
        self.records.setdefault((kind, id), []).append(change)

    def delete(self, kind, id, seq, survivor=None):
        """A record that was taken back, or merged into another one."""
        change = Change(seq, self._next(kind, id, seq), None, survivor=survivor)
        self.records.setdefault((kind, id), []).append(change)

    def merge(self, kind, survivor, losers, seqs, position):
        """Records that were merged; those merged into them before follow."""
        for loser, seq in zip(losers, seqs):
            for (other, id), changes in list(self.records.items()):
                newest = max(changes, key=lambda change: (change.key, change.seq))
                if other == kind and newest.says is None and newest.survivor == loser:
                    self.delete(kind, id, position, survivor)
            self.delete(kind, loser, seq, survivor)

    def known(self, seq):
        """What is known at a position."""
        return Known(self, seq)


def fx_id(record):
    """Rates that name no id are told apart by what they are of."""
    rate = record["fx_rate"]
    return "/".join(rate.get(part, "") for part in ("base_currency", "quote_currency", "date", "budget"))


class Known:
    """The records as known at a position."""

    def __init__(self, log, seq):
        self.seq = seq
        self.settings = [settings for at, settings in log.settings if at <= seq][-1]
        self.kinds, self.survivors = {}, {}
        for (kind, id), changes in log.records.items():
            changes = [change for change in changes if change.seq <= seq]
            if not changes:
                continue
            # Of equal keys the later change counts; before the last tombstone nothing lives.
            newest = {change.key: change for change in changes}
            versions = sorted(newest.values(), key=lambda change: change.key)
            if versions[-1].says is None and versions[-1].survivor:
                self.survivors[kind, id] = versions[-1].survivor
            dead = [place for place, change in enumerate(versions) if change.says is None]
            living = versions[dead[-1] + 1:] if dead else versions
            if living:
                self.kinds.setdefault(kind, {})[id] = living

    def of(self, kind):
        """The living versions of the records of a kind, by id."""
        return self.kinds.get(kind, {})

    def survivor(self, kind, id):
        """Who answers for a record: itself, or who it was merged into."""
        return self.survivors.get((kind, id), id)

    def attribute(self, kind, id, name, at):
        """A declared field of a record at an instant; the first version holds from the beginning of time."""
        versions = self.of(kind).get(id)
        if not versions:
            return None
        held = [versions[0], *(version for version in versions if version.key[0] <= at)][-1]
        value = held.attributes.get(name)
        return next(iter(value.values())) if value else None
