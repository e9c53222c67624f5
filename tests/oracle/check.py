"""Compares what the product answered with what the rules say."""

from fractions import Fraction

from . import catalogue
from .kpi import KPIS, answer, cells
from .log import Log
from .question import Question
from .times import instant
from .world import MissingRate, World

assert catalogue.ALL


def played(steps):
    """The log that the replies to the steps tell of, and the positions between them."""
    log, positions = Log(), []
    for entry in steps:
        step, reply = entry["step"], entry["reply"]
        seq = int(reply["position"]["seq"])
        if "settings" in step:
            log.settings.append((seq, step["settings"]))
        elif "upsert" in step:
            for record, result in zip(step["upsert"], reply["results"]):
                if result["outcome"] in ("UPSERT_OUTCOME_CREATED", "UPSERT_OUTCOME_CHANGED"):
                    log.upsert(record, int(result["seq"]))
        elif "delete" in step:
            log.delete(step["delete"]["kind"], step["delete"]["id"], seq)
        else:
            merge = step["merge"]
            log.merge(merge["kind"], merge["survivor"], merge["losers"], [int(one) for one in reply["seqs"]], seq)
        positions.append(seq)
    return log, positions


def refused(steps):
    """Records that were refused: made-up companies should be fit."""
    for entry in steps:
        for record, result in zip(entry["step"].get("upsert", []), entry["reply"].get("results", [])):
            if result["outcome"] == "UPSERT_OUTCOME_REJECTED":
                yield {"record": record, "violations": result.get("violations")}


class Checker:
    """Checks answers against worlds, which are kept."""

    def __init__(self, log, positions):
        self.log, self.positions, self.worlds = log, positions, {}
        self.cells, self.told, self.wrong = 0, {}, []

    def world(self, asked):
        """What was known."""
        seq = int(asked.get("known_at", {}).get("seq", self.positions[-1]))
        if seq not in self.worlds:
            self.worlds[seq] = World(self.log.known(seq))
        return self.worlds[seq]

    def check(self, asked, reply):
        """Compares one answer."""
        question = Question(self.world(asked), asked)
        expected, missing = {}, None
        for name in asked["kpis"]:
            try:
                for cell in cells(question, KPIS[name]):
                    span = question.spans[cell.number]
                    bounds = _bound(question.shown(span.start)), _bound(question.shown(span.end))
                    expected[name, bounds, cell.group] = answer(cell)
            except MissingRate as error:
                missing = str(error)
        if missing or "error" in reply:
            if not (missing and "no exchange rate" in str(reply.get("error"))):
                self.wrong.append((asked, None, f"got {reply.get('error')}, expected {missing}"))
            return
        seen = set()
        for value in reply.get("values", []):
            group = tuple(one.get("name") for one in value.get("group", []))
            key = value["kpi"], (_bound(value.get("period_start")), _bound(value.get("period_end"))), group
            seen.add(key)
            if key not in expected:
                self.wrong.append((asked, key, f"a row that should not be there: {_short(value)}"))
                continue
            self.compare(asked, key, value, expected[key])
        for key in expected.keys() - seen:
            self.wrong.append((asked, key, f"no such row; expected {_told(expected[key])}"))

    def compare(self, asked, key, got, want):
        """Compares one value: to the minor unit, or to 15 digits."""
        self.cells += 1
        kpi = KPIS[key[0]]
        reason = got.get("absent_reason", "ABSENT_REASON_UNSPECIFIED").removeprefix("ABSENT_REASON_").lower()
        reason = None if reason == "unspecified" else reason
        same = reason == want.reason and int(got.get("n", 0)) == want.n and int(got.get("missing", 0)) == want.missing
        if want.value is None:
            same = same and got.get("value") is None
        else:
            self.told[key[0]] = self.told.get(key[0], 0) + (want.value != 0)
            value = Fraction(got["value"]) if got.get("value") is not None else None
            slack = 0 if kpi.kind == "exact" else abs(want.value) / 10**15
            same = same and value is not None and abs(value - want.value) <= slack
        if not same:
            self.wrong.append((asked, key, f"got {_short(got)}, expected {_told(want)}"))


def _bound(field):
    if not field:
        return None
    if "date" in field:
        return field["date"]
    at = field["instant"]
    return instant(at) if isinstance(at, str) else at


def _short(value):
    return {name: value.get(name) for name in ("value", "absent_reason", "n", "missing") if value.get(name)}


def _told(want):
    value = None if want.value is None else float(want.value)
    return {"value": value, "reason": want.reason, "n": want.n, "missing": want.missing}
