//! Numbers of the demo's company that come from elsewhere: forecasts, the books, the web site, support, stock.

use std::collections::BTreeMap;

use bellwether_contracts::sales::Record;

use super::calendar::{Day, day_field, is_workday, month_end, season, text};
use super::company::Team;
use super::deals::Deal;
use super::dice::Dice;
use super::spend;
use super::subscriptions::Payer;
use super::voices::Said;

/// Everything measured up to the end of a day.
pub(super) fn records(deals: &[Deal], payers: &[Payer], from: Day, until: Day) -> Vec<Record> {
    let mut out = Vec::new();
    let books = Books::of(deals);
    let mut first = from;
    while first <= until {
        let last = month_end(first);
        forecasts(&books, first, (from, until), &mut out);
        if last <= until {
            results(payers, first, from, &mut out);
            stock(first, from, &mut out);
        }
        first = last + 1;
    }
    for day in from..=until {
        web(day, from, &mut out);
        support(payers, day, &mut out);
    }
    out
}

/// A number of a day or of the month that begins on it.
fn plain(name: &str, of: Vec<(&str, String)>, day: Day, value: f64, decimals: usize) -> Record {
    let dimension: String = of.iter().map(|(_, value)| format!("-{value}")).collect();
    Said {
        id: format!("{}{dimension}", text(day)),
        name,
        of,
        at: day_field(day),
        value: format!("{value:.decimals$}"),
        weight: String::new(),
    }
    .record()
}

/// Bookings in dollars at the usual rates, by team and the first day of the month.
struct Books {
    booked: BTreeMap<(Team, Day), f64>,
    /// Of that, what was open already when its month began.
    seen: BTreeMap<(Team, Day), f64>,
}

impl Books {
    fn of(deals: &[Deal]) -> Self {
        let (mut booked, mut seen) = (BTreeMap::new(), BTreeMap::new());
        for won in deals.iter().filter_map(Deal::won) {
            let dollars = won.amount as f64 * won.basket.currency.usual();
            let last = month_end(won.at.day);
            *booked.entry((won.team(), last)).or_default() += dollars;
            if month_end(won.created.day) < last {
                *seen.entry((won.team(), last)).or_default() += dollars;
            }
        }
        Self { booked, seen }
    }

    /// What is won in the month of a day and was open when it began.
    fn seen(&self, team: Team, first: Day) -> f64 {
        self.seen.get(&(team, month_end(first))).copied().unwrap_or(0.0)
    }

    fn booked(&self, team: Team, last: Day) -> f64 {
        self.booked.get(&(team, last)).copied().unwrap_or(0.0)
    }

    /// What a team books in the same month of a quarter: as in the two quarters before.
    fn usual(&self, team: Team, first: Day) -> Option<f64> {
        // From the first day of a month 75 days back is in the third month before it, 166 days back in the sixth.
        let before = [75, 166].map(|days| self.booked(team, month_end(first - days)));
        before
            .iter()
            .all(|booked| *booked > 0.0)
            .then(|| (before[0] + before[1]) / 2.0)
    }
}

/// What managers forecast for a month on its first day, and how far off that was once it is over.
fn forecasts(books: &Books, first: Day, (from, until): (Day, Day), out: &mut Vec<Record>) {
    let last = month_end(first);
    for team in Team::ALL {
        let Some(usual) = books.usual(team, first).filter(|_| first > from) else {
            continue;
        };
        let mut dice = Dice::of("forecast", first, team as u32);
        let of = || vec![("team", team.plan().id.to_owned())];
        // What is open and will be won in the month is in sight by then; the rest is guessed from before.
        let seen = books.seen(team, first);
        let commit = (0.25 * usual + 0.85 * seen) * (1.0 + 0.07 * dice.normal());
        let commit = (commit / 1_000.0).round() * 1_000.0;
        out.push(plain("forecast.commit", of(), first, commit, 0));
        out.push(plain(
            "forecast.best_case",
            of(),
            first,
            (commit * 1.22 / 1_000.0).round() * 1_000.0,
            0,
        ));
        if last > until {
            continue;
        }
        let actual = books.booked(team, last).round();
        let inside = (commit - actual).abs() <= 0.35 * commit;
        out.push(plain("forecast.actual", of(), first, actual, 0));
        out.push(plain("forecast.error", of(), first, commit - actual, 0));
        out.push(plain(
            "forecast.inside",
            of(),
            first,
            f64::from(u8::from(inside)),
            0,
        ));
    }
}

/// The books of a month.
fn results(payers: &[Payer], first: Day, from: Day, out: &mut Vec<Record>) {
    let last = month_end(first);
    let mut dice = Dice::of("books", first, 0);
    let paid = |payer: &Payer| payer.pays(last) as f64 / 100.0 * payer.account.currency().usual();
    let recurring: f64 = payers.iter().map(paid).sum();
    // The business that was there before, which runs out.
    let older = 640_000.0 * (1.0 - f64::from(first - from) / 1_600.0).max(0.0);
    let revenue = (recurring + older) * (1.02 + 0.02 * dice.unit());
    let margin = 0.765 + 0.03 * dice.unit();
    let cogs = revenue * (1.0 - margin);
    let selling = spend::in_month(first, from) as f64;
    let operating = revenue - cogs - selling - revenue * 0.27 - 90_000.0;
    let ebit = operating + 8_000.0 * dice.normal();
    let numbers = [
        ("finance.revenue", revenue),
        ("finance.cogs", cogs),
        ("finance.operating_profit", operating),
        ("finance.ebit", ebit),
        ("finance.net_income", if ebit > 0.0 { ebit * 0.76 } else { ebit }),
        (
            "finance.capital_employed",
            9_500_000.0 + 4_200.0 * f64::from(first - from),
        ),
    ];
    out.extend(numbers.map(|(name, value)| plain(name, Vec::new(), first, value, 0)));
    out.push(plain("gross_margin", Vec::new(), first, margin, 4));
}

/// Devices in stock.
fn stock(first: Day, from: Day, out: &mut Vec<Record>) {
    let mut dice = Dice::of("stock", first, 0);
    let growth = 1.0 + 0.1 * f64::from(first - from) / 365.0;
    let used = 46_000.0 * growth * season(first) * (0.9 + 0.2 * dice.unit());
    out.push(plain("inventory.cogs", Vec::new(), first, used, 0));
    let held = 118_000.0 * growth * (0.9 + 0.2 * dice.unit());
    out.push(plain("inventory.value", Vec::new(), month_end(first), held, 0));
}

/// Visits by channel, and what became of carts in the shop, week by week.
fn web(day: Day, from: Day, out: &mut Vec<Record>) {
    // Mondays: 1970-01-05 was one.
    if (day - 4).rem_euclid(7) != 0 {
        return;
    }
    let mut dice = Dice::of("web", day, 0);
    let growth = (1.0 + 0.22 * f64::from(day - from) / 365.0) * season(day);
    for (channel, usual) in [
        ("search", 5_200.0),
        ("direct", 2_600.0),
        ("social", 1_300.0),
        ("referral", 700.0),
    ] {
        let visits = usual * growth * (0.88 + 0.24 * dice.unit());
        out.push(plain(
            "web.visits",
            vec![("channel", channel.to_owned())],
            day,
            visits,
            0,
        ));
    }
    let carts = (64.0 * growth * (0.8 + 0.4 * dice.unit())).round();
    let ordered = (carts * (0.27 + 0.08 * dice.unit())).round();
    out.push(plain("web.carts", Vec::new(), day, carts, 0));
    out.push(plain("web.orders", Vec::new(), day, ordered, 0));
}

/// Support tickets of a working day, and how long each took.
fn support(payers: &[Payer], day: Day, out: &mut Vec<Record>) {
    // Fridays tell of the week.
    if !is_workday(day) || is_workday(day + 1) {
        return;
    }
    let mut dice = Dice::of("support", day, 0);
    let customers = payers.iter().filter(|payer| payer.pays(day) > 0).count() as f64;
    let opened = (customers * 0.34 * (0.8 + 0.4 * dice.unit())).round();
    if opened < 1.0 {
        return;
    }
    let closed = (opened * (0.9 + 0.12 * dice.unit())).round();
    out.push(plain("support.tickets_opened", Vec::new(), day, opened, 0));
    out.push(plain("support.tickets_closed", Vec::new(), day, closed, 0));
    if closed < 1.0 {
        return;
    }
    let minutes = 23.0 * (0.8 + 0.4 * dice.unit());
    out.push(
        Said {
            id: text(day),
            name: "support.handle_time",
            of: Vec::new(),
            at: day_field(day),
            value: format!("{minutes:.1}"),
            weight: format!("{closed:.0}"),
        }
        .record(),
    );
}
