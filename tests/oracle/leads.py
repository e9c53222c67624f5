"""Leads and activities: what became of a lead and when a person answered it."""

from . import fields, times
from .log import ARRIVAL
from .tables import Row

STEPS = ("mql", "sql", "converted")


class Lead:
    """One lead as its living versions tell of it."""

    def __init__(self, id, versions, world, answers):
        self.id, self.world, zone = id, world, world.zone
        newest = versions[-1].says
        told = [times.when(newest.get(name)) for name in ("mql_at", "sql_at", "converted_at")]
        created = times.when(newest.get("created_at"))
        found = [zone.begin(when) for when in ([created] if created else told) if when]
        self.created = min(found, default=ARRIVAL)
        story = self.story = fields.Story(versions, self.created, zone)
        self.fields = {
            name: story.points(lambda says, name=name: says.get(name) or None)
            for name in ("owner_id", "account_id", "source", "campaign", "status", "disqualify_reason")
        }
        self.steps = dict(zip(STEPS, (when and max(self.created, zone.begin(when)) for when in told)))
        if self.steps["converted"] is None and newest.get("converted_opportunity_id"):
            without = [n for n, says in enumerate(story.says) if not says.get("converted_opportunity_id")]
            self.steps["converted"] = story.starts[without[-1] + 1 if without else 0]
        day = zone.start(zone.day_of(self.created))
        counts = [at for at in answers if at >= self.created] + [self.created for at in answers if at == day]
        self.responded = min(counts, default=None)

    def _known(self, name, at):
        """What it was then; what was unknown then, as it was first stated later."""
        points = self.fields[name]
        later = [point.value for point in points if point.at > at and point.value is not None]
        value = fields.at(points, at)
        return value if value is not None or not later else later[0]

    def _row(self, at, **more):
        known = {name.removesuffix("_id"): self._known(name, at) for name in ("owner_id", "account_id", "source", "campaign")}
        return Row(at, kind="lead", id=self.id, lead=self.id, says=self.story.says[-1], **known, **more)

    def owner_at(self, at):
        """Whose it is at an instant; while that is unknown, as it is first stated later."""
        return self._known("owner_id", at)

    def row(self):
        """The lead at its creation."""
        out = self.disqualified()
        row = self._row(self.created, **{name + "_at": at for name, at in self.steps.items()})
        row.responded_at = self.responded
        row.disqualified_at = out[-1][0] if out and out[-1][1] == times.NEVER else None
        row.lead_status = fields.at(self.fields["status"], self.created)
        return row

    def step_rows(self):
        """A row a step that it took, with when the next one came: who skips a step has passed it."""
        for number, name in enumerate(STEPS):
            at = self.steps[name]
            if at is None:
                continue
            later = [self.steps[other] for other in STEPS[number + 1:] if self.steps[other] is not None]
            yield self._row(at, step=name, next_at=max(at, min(later)) if later else None)
        for at, until in self.disqualified():
            yield self._row(at, step="disqualified", until=until)

    def disqualified(self):
        """From when to when it was disqualified."""
        found = []
        for point in self.fields["disqualify_reason"]:
            out = found and found[-1][1] == times.NEVER
            if point.value is not None and not out:
                found.append((point.at, times.NEVER))
            elif point.value is None and out:
                found[-1] = (found[-1][0], point.at)
        return found


def name(says, field, prefix):
    """An enum's value as dimensions call it; None where it is not told."""
    value = says.get(field, "").removeprefix(prefix).lower()
    return None if value in ("", "unspecified") else value


def activity(id, versions, zone):
    """An activity as its newest version tells of it."""
    says = versions[-1].says
    return Row(
        zone.begin(times.when(says["at"])),
        kind="activity",
        id=id,
        activity=id,
        says=says,
        owner=says.get("rep_id") or None,
        lead=says.get("lead_id") or None,
        deal=says.get("opportunity_id") or None,
        account=says.get("account_id") or None,
        activity_type=name(says, "type", "ACTIVITY_TYPE_"),
        direction=name(says, "direction", "ACTIVITY_DIRECTION_"),
        activity_outcome=name(says, "outcome", "ACTIVITY_OUTCOME_"),
        completed=says.get("completed", False),
        automatic=says.get("automatic", False),
        duration=int(says["duration_seconds"]) if "duration_seconds" in says else None,
    )
