//! Records as short as a test can say them: `deal("d1").owner("ann").created("2020-01-05").won("2020-02-01", "100.00")`.
//!
//! They follow the house's usual pipeline: `Prospecting` and `Engaging` are open, `Won` and `Lost` closed.

use std::collections::BTreeMap;

use bellwether_contracts::convert::record_to_proto;
use bellwether_contracts::sales;
use bellwether_domain::record::{Account, Body, FxRate, LineItem, Opportunity, Record, Rep, StageChange};
use bellwether_domain::{Currency, Instant, Money, When};

/// A day or an instant.
///
/// # Panics
/// When `text` is neither.
#[must_use]
pub fn when(text: &str) -> When {
    text.parse().expect("a date or an instant")
}

/// An amount of US dollars.
///
/// # Panics
/// When `major` is no amount such as `12.34`.
#[must_use]
pub fn usd(major: &str) -> Money {
    Money::from_major(major, Currency::USD).expect("an amount")
}

fn record(id: &str, body: Body) -> Record {
    Record {
        id: id.to_owned(),
        effective_at: None,
        source_version: 0,
        attributes: BTreeMap::new(),
        body,
    }
}

/// An account with an industry and a region.
#[must_use]
pub fn account(id: &str, industry: &str, region: &str) -> Record {
    let (industry, region) = (Some(industry.to_owned()), Some(region.to_owned()));
    record(
        id,
        Body::Account(Account {
            name: id.to_owned(),
            industry,
            region,
            ..Account::default()
        }),
    )
}

/// A rep with a manager and a region.
#[must_use]
pub fn rep(id: &str, manager: &str, region: &str) -> Record {
    let (manager, region) = (Some(manager.to_owned()), Some(region.to_owned()));
    record(
        id,
        Body::Rep(Rep {
            name: id.to_owned(),
            manager,
            region,
            ..Rep::default()
        }),
    )
}

/// A market rate: one unit of `base` costs `rate` units of `quote` on `day`.
///
/// # Panics
/// When a currency is unknown or `day` is no day.
#[must_use]
pub fn fx_rate(base: &str, quote: &str, day: &str, rate: &str) -> Record {
    let currency = |code| Currency::from_code(code).expect("a currency");
    let date = day.parse().expect("a day");
    let body = FxRate {
        base: currency(base),
        quote: currency(quote),
        date,
        rate: rate.to_owned(),
        budget: None,
    };
    record(&body.natural_id(), Body::FxRate(body))
}

/// An open deal without owner, amount or dates, in stage `Prospecting`.
#[must_use]
pub fn deal(id: &str) -> Deal {
    let body = Opportunity {
        name: id.to_owned(),
        stage: "Prospecting".to_owned(),
        ..Opportunity::default()
    };
    Deal {
        id: id.to_owned(),
        effective_at: None,
        source_version: 0,
        body,
    }
}

/// An opportunity that is being described.
#[derive(Debug, Clone)]
pub struct Deal {
    id: String,
    effective_at: Option<Instant>,
    source_version: u64,
    body: Opportunity,
}

impl Deal {
    /// The owner's rep id.
    #[must_use]
    pub fn owner(mut self, rep: &str) -> Self {
        self.body.owner_id = Some(rep.to_owned());
        self
    }

    /// The account's id.
    #[must_use]
    pub fn account(mut self, account: &str) -> Self {
        self.body.account_id = Some(account.to_owned());
        self
    }

    /// One unit of a product, the only line.
    #[must_use]
    pub fn product(mut self, product: &str) -> Self {
        let units = "1".to_owned();
        self.body.lines = vec![LineItem {
            product: product.to_owned(),
            product_family: None,
            units,
            amount: None,
        }];
        self
    }

    /// The amount in US dollars.
    #[must_use]
    pub fn amount(self, major: &str) -> Self {
        self.money(usd(major))
    }

    /// The amount.
    #[must_use]
    pub fn money(mut self, amount: Money) -> Self {
        self.body.amount = Some(amount);
        self
    }

    /// When it was created, in stage `Prospecting`.
    #[must_use]
    pub fn created(mut self, at: &str) -> Self {
        self.body.created = Some(when(at));
        self.entered(at, "Prospecting")
    }

    /// When it entered a stage, which is its stage from then on.
    #[must_use]
    pub fn entered(mut self, at: &str, stage: &str) -> Self {
        self.body.stage_history.push(StageChange {
            at: when(at),
            stage: stage.to_owned(),
        });
        stage.clone_into(&mut self.body.stage);
        self
    }

    /// When it was qualified: stage `Engaging`.
    #[must_use]
    pub fn qualified(mut self, at: &str) -> Self {
        self.body.qualified = Some(when(at));
        self.entered(at, "Engaging")
    }

    /// When it was won, for how many US dollars.
    #[must_use]
    pub fn won(mut self, at: &str, major: &str) -> Self {
        self.body.closed = Some(when(at));
        self.amount(major).entered(at, "Won")
    }

    /// When it was lost, and why.
    #[must_use]
    pub fn lost(mut self, at: &str, reason: &str) -> Self {
        self.body.closed = Some(when(at));
        self.body.loss_reason = Some(reason.to_owned());
        self.entered(at, "Lost")
    }

    /// From when this version holds.
    ///
    /// # Panics
    /// When `at` is no instant.
    #[must_use]
    pub fn effective(mut self, at: &str) -> Self {
        self.effective_at = Some(at.parse().expect("an instant"));
        self
    }

    /// The source's version number.
    #[must_use]
    pub fn version(mut self, number: u64) -> Self {
        self.source_version = number;
        self
    }

    /// Anything else.
    #[must_use]
    pub fn with(mut self, change: impl FnOnce(&mut Opportunity)) -> Self {
        change(&mut self.body);
        self
    }

    /// The record.
    #[must_use]
    pub fn record(self) -> Record {
        let attributes = BTreeMap::new();
        let (effective_at, source_version) = (self.effective_at, self.source_version);
        Record {
            id: self.id,
            effective_at,
            source_version,
            attributes,
            body: Body::Opportunity(Box::new(self.body)),
        }
    }

    /// The record on the wire.
    #[must_use]
    pub fn proto(self) -> sales::Record {
        record_to_proto(&self.record())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bellwether_contracts::convert::record_from_proto;
    use bellwether_domain::record::check;
    use bellwether_domain::settings::Settings;

    #[test]
    fn samples_are_valid_and_survive_the_wire() {
        let won = deal("d1")
            .owner("ann")
            .account("acme")
            .product("GTX")
            .created("2020-01-05")
            .qualified("2020-01-09");
        let samples = [
            won.won("2020-02-01", "120.50").record(),
            deal("d2")
                .created("2020-01-05T10:00:00Z")
                .lost("2020-03-01", "price")
                .version(2)
                .record(),
            account("acme", "retail", "EU"),
            rep("ann", "boss", "West"),
            fx_rate("EUR", "USD", "2020-01-02", "1.12"),
        ];
        for sample in samples {
            assert_eq!(check(&sample, &Settings::default()), [], "{sample:?}");
            assert_eq!(record_from_proto(&record_to_proto(&sample)), Ok(sample));
        }
    }
}
