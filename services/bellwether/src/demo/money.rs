//! What the demo's company sells, in which currencies, and the daily rates between them.

use bellwether_contracts::sales::{FxRate, LineItem, Record, record};
use bellwether_contracts::types::Money;

use super::calendar::{Day, is_workday, text};
use super::dice::Dice;

/// A currency that the company sells in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Currency {
    /// US dollars: the currency of its reports.
    Usd,
    /// Euro.
    Eur,
    /// Pounds sterling.
    Gbp,
}

impl Currency {
    /// The ISO 4217 code.
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::Usd => "USD",
            Self::Eur => "EUR",
            Self::Gbp => "GBP",
        }
    }

    /// List prices in this currency, as a part of those in dollars.
    fn price_level(self) -> f64 {
        match self {
            Self::Usd => 1.0,
            Self::Eur => 0.95,
            Self::Gbp => 0.82,
        }
    }

    /// What one unit is usually worth in dollars.
    pub(super) fn usual(self) -> f64 {
        PAIRS
            .iter()
            .find(|(currency, _)| *currency == self)
            .map_or(1.0, |(_, rate)| *rate)
    }

    /// An amount of hundredths.
    pub(super) fn minor(self, minor_units: i64) -> Money {
        Money {
            minor_units,
            currency_code: self.code().to_owned(),
        }
    }

    /// An amount of whole units.
    pub(super) fn amount(self, major: i64) -> Money {
        Money {
            minor_units: major * 100,
            currency_code: self.code().to_owned(),
        }
    }
}

/// Name, family and yearly list price in dollars.
const PRODUCTS: [(&str, &str, f64); 5] = [
    ("Core Platform", "Platform", 600.0),
    ("Analytics", "Platform", 240.0),
    ("Connect", "Integration", 4_800.0),
    ("Premium Support", "Services", 3_000.0),
    ("Onboarding", "Services", 3_600.0),
];

/// Where the product stands that is paid for once.
const ONCE: usize = 4;

/// Some units of a product.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line {
    product: usize,
    units: i64,
}

/// What is sold in a deal.
#[derive(Debug, Clone)]
pub(super) struct Basket {
    /// The currency.
    pub(super) currency: Currency,
    lines: Vec<Line>,
}

impl Basket {
    /// A basket worth about `target` dollars at list price.
    pub(super) fn worth(dice: &mut Dice, target: f64, currency: Currency, first_sale: bool) -> Self {
        let share = 0.62 + 0.25 * dice.unit();
        let units = |value: f64, product: usize| ((value / PRODUCTS[product].2).round() as i64).max(1);
        let seats = ((target * share / PRODUCTS[0].2 / 5.0).round() as i64 * 5).max(3);
        let mut lines = vec![Line {
            product: 0,
            units: seats,
        }];
        let rest = target * (1.0 - share);
        if dice.chance(0.5) {
            lines.push(Line {
                product: 1,
                units: units(rest * 0.5, 1),
            });
        }
        if rest > 3_000.0 && dice.chance(0.55) {
            lines.push(Line {
                product: 2,
                units: units(rest * 0.5, 2),
            });
        }
        if rest > 2_000.0 && dice.chance(0.35) {
            lines.push(Line { product: 3, units: 1 });
        }
        if first_sale && rest > 2_500.0 && dice.chance(0.6) {
            lines.push(Line { product: 4, units: 1 });
        }
        Self { currency, lines }
    }

    /// How many seats of the main product.
    pub(super) fn seats(&self) -> i64 {
        self.lines[0].units
    }

    /// The part of it that is paid again every year: all but the onboarding.
    pub(super) fn recurring(&self) -> f64 {
        let once: i64 = self
            .lines
            .iter()
            .filter(|line| line.product == ONCE)
            .map(|line| self.value(*line))
            .sum();
        1.0 - once as f64 / self.list().max(1) as f64
    }

    /// Some more seats of the main product.
    pub(super) fn extra(seats: i64, currency: Currency) -> Self {
        let lines = vec![Line {
            product: 0,
            units: seats.max(1),
        }];
        Self { currency, lines }
    }

    fn value(&self, line: Line) -> i64 {
        let price = (PRODUCTS[line.product].2 * self.currency.price_level()).round() as i64;
        price * line.units
    }

    /// The value at list prices, in whole units of the currency.
    pub(super) fn list(&self) -> i64 {
        self.lines.iter().map(|line| self.value(*line)).sum()
    }

    /// The lines of a record, which share `amount` by list value.
    pub(super) fn items(&self, amount: Option<i64>) -> Vec<LineItem> {
        let list = self.list();
        let mut given = 0;
        let mut item = |(at, line): (usize, &Line)| {
            let part = amount.map(|amount| {
                let last = at + 1 == self.lines.len();
                let part = if last {
                    amount - given
                } else {
                    amount * self.value(*line) / list
                };
                given += part;
                self.currency.amount(part)
            });
            let (product, family, _) = PRODUCTS[line.product];
            LineItem {
                product: product.to_owned(),
                product_family: family.to_owned(),
                units: line.units.to_string(),
                amount: part,
            }
        };
        self.lines.iter().enumerate().map(&mut item).collect()
    }
}

/// Currency and its usual rate in dollars.
const PAIRS: [(Currency, f64); 2] = [(Currency::Eur, 1.09), (Currency::Gbp, 1.27)];
/// The name of the budget rates.
pub(super) const BUDGET: &str = "plan";

/// Market rates of the weekdays from a week before `from` up to `until`, and the budget's rates.
pub(super) fn rates(from: Day, until: Day) -> Vec<Record> {
    let mut out = Vec::new();
    for (number, (currency, usual)) in (0..).zip(PAIRS) {
        out.push(rate(currency, from, usual, BUDGET));
        let mut rate_now = usual;
        for day in from - 7..=until {
            if !is_workday(day) {
                continue;
            }
            let mut dice = Dice::of("rate", day, number);
            // A walk that is drawn back to the usual rate.
            rate_now *= (0.0042 * dice.normal() + 0.006 * (usual / rate_now).ln()).exp();
            out.push(rate(currency, day, rate_now, ""));
        }
    }
    out
}

fn rate(currency: Currency, day: Day, rate: f64, budget: &str) -> Record {
    let named = if budget.is_empty() {
        String::new()
    } else {
        format!("@{budget}")
    };
    Record {
        id: format!("{}/USD@{}{named}", currency.code(), text(day)),
        body: Some(record::Body::FxRate(FxRate {
            base_currency: currency.code().to_owned(),
            quote_currency: "USD".to_owned(),
            date: text(day),
            rate: format!("{rate:.4}"),
            budget: budget.to_owned(),
        })),
        ..Record::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_share_the_amount_to_the_last_unit() {
        for number in 0..50 {
            let mut dice = Dice::of("basket", number, 0);
            let basket = Basket::worth(&mut dice, 40_000.0, Currency::Eur, true);
            let amount = basket.list() * 87 / 100;
            let items = basket.items(Some(amount));
            let sum: i64 = items
                .iter()
                .filter_map(|item| Some(item.amount.as_ref()?.minor_units))
                .sum();
            assert_eq!(sum, amount * 100);
            assert!(
                items
                    .iter()
                    .all(|item| item.amount.as_ref().is_some_and(|amount| amount.minor_units >= 0))
            );
            assert!((20_000..80_000).contains(&basket.list()), "{}", basket.list());
        }
    }

    #[test]
    fn rates_stay_near_the_usual_and_grow_by_the_day() {
        let (short, long) = (rates(20_000, 20_100), rates(20_000, 21_000));
        assert!(short.iter().all(|rate| long.contains(rate)));
        for record in &long {
            let Some(record::Body::FxRate(rate)) = &record.body else {
                panic!("{record:?}")
            };
            let number: f64 = rate.rate.parse().unwrap();
            assert!((0.85..1.65).contains(&number), "{record:?}");
        }
    }
}
