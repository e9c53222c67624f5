"""Days, instants, zones, calendars and working hours, by the words of KPI-RULES 5.0 and R6-R8.

A day is a number (days since 1970-01-01), an instant a number of microseconds since then in UTC. A field that is either is a
pair: ("day", number) or ("at", number).
"""

import datetime
import zoneinfo

DAY = 86_400_000_000
EVER, NEVER = -(1 << 62), 1 << 62
FIRST, LAST = -719_162, 2_932_896
UTC = datetime.timezone.utc
_EPOCH = datetime.date(1970, 1, 1).toordinal()
_START = datetime.datetime(1970, 1, 1, tzinfo=UTC)
_MICRO = datetime.timedelta(microseconds=1)


def day(text):
    """The number of a day written YYYY-MM-DD."""
    return datetime.date.fromisoformat(text).toordinal() - _EPOCH


def date(number):
    """The date of that number."""
    return datetime.date.fromordinal(number + _EPOCH)


def instant(text):
    """The microseconds of an RFC 3339 instant in UTC; finer parts are dropped."""
    head, _, fraction = text.removesuffix("Z").partition(".")
    whole = datetime.datetime.fromisoformat(head).replace(tzinfo=UTC)
    return (whole - _START) // _MICRO + int((fraction + "000000")[:6])


def when(field):
    """A DateOrTime of the contract; None where it is left out."""
    if not field:
        return None
    if "date" in field:
        return ("day", day(field["date"]))
    return ("at", instant(field["instant"]))


class Zone:
    """A tenant's zone."""

    def __init__(self, name):
        self.zone = zoneinfo.ZoneInfo(name or "UTC")
        self._starts, self._days = {}, {}

    def local(self, number, minutes=0):
        """The instant at which the wall clock of a day shows so many minutes after midnight."""
        wall = datetime.datetime.combine(date(number), datetime.time()) + datetime.timedelta(minutes=minutes)
        return (wall.replace(tzinfo=self.zone).astimezone(UTC) - _START) // _MICRO

    def start(self, number):
        """The first instant of a day."""
        if number not in self._starts:
            self._starts[number] = self.local(number)
        return self._starts[number]

    def day_of(self, at):
        """The day of an instant; of what is without bounds the first and last days that there are."""
        if at <= EVER or at >= NEVER:
            return FIRST if at <= EVER else LAST
        if at not in self._days:
            moment = _START + datetime.timedelta(microseconds=at)
            self._days[at] = moment.astimezone(self.zone).date().toordinal() - _EPOCH
        return self._days[at]

    def begin(self, field):
        """The instant at which a day or instant begins."""
        return self.start(field[1]) if field[0] == "day" else field[1]

    def is_start(self, at):
        """Whether a day begins at an instant."""
        return self.start(self.day_of(at)) == at

    def length(self, start, end):
        """How long it is from one instant to another: between first instants of days whole days of 24 hours."""
        if self.is_start(start) and self.is_start(end):
            return (self.day_of(end) - self.day_of(start)) * DAY
        return end - start


def months(year, month):
    """The first day of a month that may lie outside 1 to 12."""
    year, month = year + (month - 1) // 12, (month - 1) % 12 + 1
    return datetime.date(year, month, 1).toordinal() - _EPOCH


_WEEKS = {2: (0, 4, 8), 3: (0, 4, 9), 4: (0, 5, 9)}
_NAMES = {"FISCAL_PATTERN_4_4_5": 2, "FISCAL_PATTERN_4_5_4": 3, "FISCAL_PATTERN_5_4_4": 4}


class Calendar:
    """The civil and the fiscal calendar of a tenant."""

    def __init__(self, fiscal):
        fiscal = fiscal or {}
        self.month = fiscal.get("start_month") or 1
        self.weeks = _WEEKS.get(_NAMES.get(fiscal.get("pattern"), 1))

    def year_start(self, year):
        """The first day of the fiscal year that starts in or next to a civil year's start month."""
        first = months(year, self.month)
        if self.weeks is None:
            return first
        # The Monday that is nearest: 1970-01-01 was a Thursday.
        past = (first + 3) % 7
        return first - past if past <= 3 else first + 7 - past

    def fiscal_starts(self, grain, year):
        """The first days of the periods of the fiscal year of a civil year."""
        start = self.year_start(year)
        count = {"fiscal_year": 1, "fiscal_quarter": 4, "fiscal_month": 12}[grain]
        if self.weeks is None:
            return [months(year, self.month + step * 12 // count) for step in range(count)]
        if count == 12:
            return [start + 7 * (13 * quarter + week) for quarter in range(4) for week in self.weeks]
        return [start + 7 * 52 * step // count for step in range(count)]

    def whole(self, grain, number):
        """The period of a grain that holds a day: its first day and the day after its last."""
        at = date(number)
        if grain == "day":
            return number, number + 1
        if grain == "week":
            start = number - (number + 3) % 7
            return start, start + 7
        if grain in ("month", "quarter", "year"):
            length = {"month": 1, "quarter": 3, "year": 12}[grain]
            first = (at.month - 1) // length * length + 1
            return months(at.year, first), months(at.year, first + length)
        starts = [start for year in range(at.year - 2, at.year + 3) for start in self.fiscal_starts(grain, year)]
        before = [start for start in starts if start <= number]
        return before[-1], starts[len(before)]

    def cut(self, grain, first, last):
        """The whole periods of a grain that meet the days from `first` up to `last`."""
        found = [self.whole(grain, first)]
        while found[-1][1] < last:
            found.append(self.whole(grain, found[-1][1]))
        return found

    def before_range(self, first, last):
        """What came before a range of days: as many whole months, fiscal months of weeks, else as many days."""
        start, end = date(first), date(last)
        count = (end.year - start.year) * 12 + end.month - start.month
        if start.day == 1 and end.day == 1 and count > 0:
            return months(start.year, start.month - count), first
        if self.weeks and self.whole("fiscal_month", first)[0] == first and self.whole("fiscal_month", last)[0] == last:
            back = first
            for _ in self.cut("fiscal_month", first, last):
                back = self.whole("fiscal_month", back - 1)[0]
            return back, first
        return first - (last - first), first


class Business:
    """Working time: business hours without holidays."""

    def __init__(self, settings, zone):
        hours = settings.get("business_hours") or [
            {"weekday": weekday, "opens": "09:00", "closes": "17:00"} for weekday in range(1, 6)
        ]
        minutes = lambda text: int(text[:2]) * 60 + int(text[3:])
        self.week = [[] for _ in range(7)]
        for span in hours:
            self.week[span["weekday"] - 1].append((minutes(span["opens"]), minutes(span["closes"])))
        self.holidays = {day(text) for text in settings.get("holidays") or []}
        self.zone, self._sums = zone, {}

    def _spans(self, number):
        if number in self.holidays:
            return []
        return [(self.zone.local(number, a), self.zone.local(number, b)) for a, b in self.week[(number + 3) % 7]]

    def works(self, number):
        """Whether anybody works on a day."""
        return bool(self._spans(number))

    def between(self, start, end):
        """Working microseconds from one instant to a later one."""
        first, last = self.zone.day_of(start), self.zone.day_of(end)
        total = 0
        for number in range(first, last + 1):
            if first < number < last:
                if number not in self._sums:
                    self._sums[number] = sum(b - a for a, b in self._spans(number))
                total += self._sums[number]
            else:
                total += sum(max(0, min(b, end) - max(a, start)) for a, b in self._spans(number))
        return total
