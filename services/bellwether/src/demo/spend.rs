//! What the demo's company spends on selling, month by month.

use bellwether_contracts::sales::{Record, Spend, SpendCategory, record};

use super::calendar::{Day, month_end, quarter_name, season, text};
use super::company::Seller;
use super::dice::Dice;
use super::money::Currency;

/// Channel, what its campaigns are called, and dollars in a month of the first year.
const CHANNELS: [(&str, &str, f64); 5] = [
    ("search", "search ads", 34_000.0),
    ("webinar", "Webinars", 15_000.0),
    ("event", "Events", 46_000.0),
    ("content", "", 16_000.0),
    ("partner", "", 21_000.0),
];

/// The spend of the months that have begun.
pub(super) fn records(from: Day, until: Day) -> Vec<Record> {
    let mut out = Vec::new();
    let mut first = from;
    while first <= until {
        let end = month_end(first) + 1;
        out.extend(of_month(first, end, from));
        first = end;
    }
    out
}

/// What is spent in a month, in whole dollars.
pub(super) fn in_month(first: Day, from: Day) -> i64 {
    lines(first, from).iter().map(|line| line.dollars).sum()
}

struct Line {
    name: String,
    category: SpendCategory,
    channel: &'static str,
    campaign: String,
    dollars: i64,
}

fn lines(first: Day, from: Day) -> Vec<Line> {
    let years = f64::from(first - from) / 365.0;
    let mut dice = Dice::of("spend", first, 0);
    let mut out = Vec::new();
    for (channel, campaign, monthly) in CHANNELS {
        let dollars = monthly * season(first) * (1.0 + 0.16 * years) * (0.9 + 0.2 * dice.unit());
        out.push(Line {
            name: channel.to_owned(),
            category: SpendCategory::Marketing,
            channel,
            campaign: if campaign.is_empty() {
                String::new()
            } else {
                format!("{} {campaign}", quarter_name(first))
            },
            dollars: dollars as i64,
        });
    }
    let sellers = Seller::all(from).filter(|seller| seller.is_here(first)).count() as f64;
    let plain = |category, name: &str, dollars: f64| Line {
        name: name.to_owned(),
        category,
        channel: "",
        campaign: String::new(),
        dollars: dollars as i64,
    };
    out.extend([
        plain(
            SpendCategory::SalesPayroll,
            "payroll",
            sellers * 13_500.0 + 118_000.0,
        ),
        plain(SpendCategory::Tools, "tools", sellers * 420.0 + 5_200.0),
        plain(
            SpendCategory::Training,
            "training",
            sellers * 260.0 * (0.5 + dice.unit()),
        ),
        plain(SpendCategory::Other, "other", 9_000.0 + 6_000.0 * dice.unit()),
    ]);
    out
}

fn of_month(first: Day, end: Day, from: Day) -> impl Iterator<Item = Record> {
    lines(first, from).into_iter().map(move |line| Record {
        id: format!("spend-{}-{}", &text(first)[..7], line.name),
        body: Some(record::Body::Spend(Spend {
            category: line.category.into(),
            channel: line.channel.to_owned(),
            campaign: line.campaign,
            amount: Some(Currency::Usd.amount(line.dollars)),
            period_start: text(first),
            period_end: text(end),
        })),
        ..Record::default()
    })
}
