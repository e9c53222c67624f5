"""Money in parts that sum to the whole, to the minor unit (R10, R13)."""

from fractions import Fraction

from . import fields


def largest_remainder(whole, weights):
    """Parts of a whole number in proportion to weights: the largest remainders get one more, of equal ones the first."""
    total = sum(weights)
    if not total:
        return [0] * len(weights)
    exact = [Fraction(whole) * weight / total for weight in weights]
    found = [part.numerator // part.denominator for part in exact]
    order = sorted(range(len(weights)), key=lambda place: (found[place] - exact[place], place))
    for place in order[:whole - sum(found)]:
        found[place] += 1
    return found


def parts(lines, won):
    """The money of each line: what it states; lines that state none share the rest, and what does not sum is scaled."""
    stated = [fields.money(line.get("amount")) for line in lines]
    if won is None:
        return stated
    minor, currency = won
    own = [money[0] if money and money[1] == currency else None for money in stated]
    given = sum(amount for amount in own if amount is not None)
    rest = minor - given
    if None not in own and rest == 0:
        found = own
    elif None in own and rest >= 0:
        share = largest_remainder(rest, [amount is None for amount in own])
        found = [more if amount is None else amount for amount, more in zip(own, share)]
    elif given > 0:
        found = largest_remainder(minor, [amount or 0 for amount in own])
    else:
        found = largest_remainder(minor, [1] * len(lines))
    return [(amount, currency) for amount in found]


def first(credits):
    """The rep of the largest share, of equal ones of the first id; None where there are no credits."""
    best = min(credits, key=lambda credit: (-Fraction(credit["share"]), credit["rep_id"]), default={})
    return best.get("rep_id")


def shares(closing):
    """A row a rep credited with a closing; without credits its owner has all of it."""
    # In the order of ids, so that the order in which they are told does not decide who gets the last cent.
    credits = sorted(closing.credits or [], key=lambda credit: credit["rep_id"])
    if not credits:
        row = closing.copy()
        row.share, row.primary = Fraction(1), True
        return [row]
    weights = [Fraction(credit["share"]) for credit in credits]
    primary = first(credits)
    amounts = largest_remainder(closing.money[0], weights) if closing.money else None
    found = []
    for place, credit in enumerate(credits):
        row = closing.copy()
        row.owner, row.share, row.primary = credit["rep_id"], weights[place], credit["rep_id"] == primary
        row.money = (amounts[place], closing.money[1]) if amounts else None
        found.append(row)
    return found
