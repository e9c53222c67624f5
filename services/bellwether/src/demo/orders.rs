//! Invoices for the demo's won deals, orders for extra seats from its shop, and credit notes for a few.

use bellwether_contracts::sales::{Order, OrderType, Record, record};
use bellwether_domain::Zone;

use super::calendar::{Day, Moment, month_end, workday_from};
use super::deals::Won;
use super::dice::Dice;
use super::money::Basket;
use super::subscriptions::Payer;

/// The invoice of a deal as of the end of a day, and the credit note that some get.
pub(super) fn records(won: &Won<'_>, until: Day, zone: &Zone) -> Vec<Record> {
    let mut dice = won.dice("invoice");
    let at = Moment::at_work(workday_from(won.at.day + dice.between(3, 14)), dice.unit()).after(won.at);
    let sent = |kind: OrderType, prefix: &str, at: Moment, amount: i64| Record {
        id: won.id.replacen("opp-", prefix, 1),
        effective_at: at.effective(zone),
        body: Some(record::Body::Order(Order {
            account_id: won.account.id(),
            opportunity_id: won.id.to_owned(),
            at: at.field(zone),
            r#type: kind.into(),
            revenue: Some(won.basket.currency.amount(amount)),
            lines: won.basket.items(Some(amount)),
        })),
        ..Record::default()
    };
    let mut out = vec![(at, sent(OrderType::Invoice, "inv-", at, won.amount))];
    if dice.chance(0.035) {
        let back = Moment::at_work(workday_from(at.day + dice.between(8, 60)), dice.unit());
        let amount = (won.amount as f64 * (0.05 + 0.3 * dice.unit())) as i64;
        out.push((back, sent(OrderType::CreditNote, "crn-", back, amount.max(1))));
    }
    let out = out.into_iter().filter(|(at, _)| at.day <= until);
    out.map(|(_, record)| record).collect()
}

/// Extra seats that customers order in the shop, as of the end of a day.
pub(super) fn extras(payers: &[Payer], until: Day, zone: &Zone) -> Vec<Record> {
    payers
        .iter()
        .flat_map(|payer| of_payer(payer, until, zone))
        .collect()
}

fn of_payer(payer: &Payer, until: Day, zone: &Zone) -> Vec<Record> {
    let account = payer.account;
    let Some(mut month) = payer.since().map(month_end) else {
        return Vec::new();
    };
    let mut out = Vec::new();
    while month < until {
        let mut dice = Dice::of("shop", month, account.number());
        let day = workday_from(month + dice.between(1, 24));
        month = month_end(month + 1);
        if day > until || !dice.chance(0.09) || payer.pays(day) == 0 {
            continue;
        }
        let at = Moment::at_work(day, dice.unit());
        let basket = Basket::extra(i64::from(dice.between(1, 12)), account.currency());
        out.push(Record {
            id: format!("ord-{}-{day}", account.id()),
            effective_at: at.effective(zone),
            body: Some(record::Body::Order(Order {
                account_id: account.id(),
                opportunity_id: String::new(),
                at: at.field(zone),
                r#type: OrderType::Order.into(),
                revenue: Some(account.currency().amount(basket.list())),
                lines: basket.items(Some(basket.list())),
            })),
            ..Record::default()
        });
    }
    out
}
