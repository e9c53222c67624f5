"""How a field of a record took its values over time."""

from . import times


class Point:
    """From `at` on a field has `value`. `when` is as a history writes it; None where a version's plain field says so."""

    def __init__(self, at, value, version, when=None):
        self.at, self.value, self.version, self.when = at, value, version, when


class Story:
    """The living versions of a record that came to be at an instant; the first holds from then."""

    def __init__(self, versions, created, zone):
        self.says = [version.says for version in versions]
        self.starts = [max(created, version.key[0]) for version in versions]
        self.starts[0] = created
        self.created, self.zone = created, zone

    def version_at(self, at):
        """The number of the version that holds at an instant."""
        return max([0] + [number for number, start in enumerate(self.starts) if start <= at])

    def points(self, plain, history=None):
        """The points of a field: the last history that is told, then what later versions say otherwise."""
        told = [number for number, says in enumerate(self.says) if history and history(says)]
        found, floor = [], self.created
        for when, value in history(self.says[told[-1]]) if told else []:
            floor = max(floor, self.zone.begin(when))
            found.append(Point(floor, value, told[-1], when))
        for number in range(told[-1] + 1 if told else 0, len(self.says)):
            value = plain(self.says[number])
            if not found or found[-1].value != value:
                at = max(self.starts[number], found[-1].at) if found else self.created
                found.append(Point(at, value, number))
        return found


def at(points, instant):
    """The value at an instant; before the first point its value."""
    return [points[0].value, *(point.value for point in points if point.at <= instant)][-1]


def of_event(points, instant, told):
    """The value that belongs to an event: a history counts up to it, a plain field also up to the version that told it."""
    counts = [point.value for point in points if point.at <= instant or point.when is None and point.at <= told]
    return counts[-1] if counts else points[0].value


def money(field):
    """An amount: minor units and currency; None where it is left out."""
    return (int(field.get("minor_units", 0)), field["currency_code"]) if field else None


def history(name, value):
    """Reads the entries of a history."""
    return lambda says: [(times.when(entry["at"]), value(entry)) for entry in says.get(name, [])]
