"""The oracle as a program; JSON in, JSON out.

    python3 -B -m oracle company SEED    the steps to play
    python3 -B -m oracle questions       of {seed, played, kpis} on standard input: what to ask
    python3 -B -m oracle check           of {played, asked} on standard input: what does not agree
"""

import json
import sys

from . import questions
from .check import Checker, played, refused
from .company import Company
from .kpi import KPIS
from .world import World


def ask(given):
    """The questions about a company that has been played."""
    log, positions = played(given["played"])
    world = World(log.known(positions[-1]))
    known = [kpi for kpi in given["kpis"] if kpi["id"] in KPIS]
    return {
        "unknown": sorted({kpi["id"] for kpi in given["kpis"]} - set(KPIS)),
        "refused": list(refused(given["played"])),
        "questions": questions.questions(given["seed"], known, positions, questions.values(world)),
    }


def check(given):
    """What does not agree, and how much was compared."""
    checker = Checker(*played(given["played"]))
    for entry in given["asked"]:
        checker.check(entry["question"], entry["reply"])
    wrong = [{"question": asked, "cell": key, "why": why} for asked, key, why in checker.wrong]
    return {"cells": checker.cells, "told": checker.told, "wrong": wrong}


def main():
    """Runs one of the commands."""
    if sys.argv[1] == "company":
        json.dump({"steps": Company(int(sys.argv[2])).steps}, sys.stdout)
    else:
        command = {"questions": ask, "check": check}[sys.argv[1]]
        json.dump(command(json.load(sys.stdin)), sys.stdout)


main()
