//! What versions of subscriptions, contracts, orders, spend and samples say, as bytes.

use super::{Packed, Reader, amount, codes, list, optional, optional_when, records, signed, unsigned};
use crate::facts::{Amount, Check, Contract, Order, Sample, Spend, Subscription};

/// An amount that there always is.
fn stated(read: &mut Reader<'_>) -> Option<Amount> {
    read.amount()?
}

fn optional_day(day: Option<i32>, out: &mut Vec<u8>) {
    out.push(u8::from(day.is_some()));
    if let Some(day) = day {
        signed(day.into(), out);
    }
}

impl Reader<'_> {
    fn optional_day(&mut self) -> Option<Option<i32>> {
        match self.unsigned()? {
            0 => Some(None),
            _ => self.day().map(Some),
        }
    }
}

impl Packed for Subscription {
    fn encode(&self, out: &mut Vec<u8>) {
        codes(&[self.account, self.product], out);
        amount(Some(self.mrr), out);
        optional_when(Some(self.started), out);
        optional_when(self.ended, out);
    }

    fn decode(read: &mut Reader<'_>) -> Option<Self> {
        Some(Self {
            account: read.code()?,
            product: read.code()?,
            mrr: stated(read)?,
            started: read.optional_when()??,
            ended: read.optional_when()?,
        })
    }
}

impl Packed for Contract {
    fn encode(&self, out: &mut Vec<u8>) {
        codes(&[self.account, self.deal, u32::from(self.document)], out);
        optional_when(self.signed, out);
        optional(self.term, out);
        optional_day(self.start, out);
        optional_day(self.end, out);
        list(&self.checks, out, |check, out| {
            unsigned(check.check.into(), out);
            signed(check.due.into(), out);
            optional_day(check.done, out);
        });
    }

    fn decode(read: &mut Reader<'_>) -> Option<Self> {
        let [account, deal, document] = read.codes()?;
        Some(Self {
            account,
            deal,
            document: document != 0,
            signed: read.optional_when()?,
            term: read.optional()?,
            start: read.optional_day()?,
            end: read.optional_day()?,
            checks: read.list(|read| {
                Some(Check {
                    check: read.code()?,
                    due: read.day()?,
                    done: read.optional_day()?,
                })
            })?,
        })
    }
}

impl Packed for Order {
    fn encode(&self, out: &mut Vec<u8>) {
        codes(&[self.account, self.deal, self.order_type], out);
        optional_when(Some(self.at), out);
        amount(self.revenue, out);
        list(&self.lines, out, records::line);
    }

    fn decode(read: &mut Reader<'_>) -> Option<Self> {
        let [account, deal, order_type] = read.codes()?;
        Some(Self {
            account,
            deal,
            order_type,
            at: read.optional_when()??,
            revenue: read.amount()?,
            lines: read.list(Reader::line)?,
        })
    }
}

impl Packed for Spend {
    fn encode(&self, out: &mut Vec<u8>) {
        codes(&[self.category, self.channel, self.campaign], out);
        amount(Some(self.amount), out);
        signed(self.start.into(), out);
        signed(self.end.into(), out);
    }

    fn decode(read: &mut Reader<'_>) -> Option<Self> {
        let [category, channel, campaign] = read.codes()?;
        Some(Self {
            category,
            channel,
            campaign,
            amount: stated(read)?,
            start: read.day()?,
            end: read.day()?,
        })
    }
}

impl Packed for Sample {
    fn encode(&self, out: &mut Vec<u8>) {
        let head = [
            self.metric,
            self.owner,
            self.account,
            self.product,
            self.channel,
            self.campaign,
            self.source,
            self.team,
        ];
        codes(&head, out);
        optional_when(Some(self.at), out);
        signed(self.value, out);
        signed(self.weight, out);
    }

    fn decode(read: &mut Reader<'_>) -> Option<Self> {
        let [metric, owner, account, product, channel, campaign, source, team] = read.codes()?;
        Some(Self {
            metric,
            owner,
            account,
            product,
            channel,
            campaign,
            source,
            team,
            at: read.optional_when()??,
            value: read.signed()?,
            weight: read.signed()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use bellwether_domain::{CivilDate, Instant, When};

    use super::super::records::tests::reads_back;
    use super::*;
    use crate::facts::Line;

    fn day() -> When {
        When::Day(CivilDate::from_days(-3))
    }

    fn at() -> When {
        When::At(Instant::from_micros(1_700_000_000_000_001))
    }

    const MONEY: Amount = Amount {
        minor: 5_000_000_000,
        currency: 3,
    };

    #[test]
    fn subscriptions_and_contracts_read_back_as_they_were() {
        for ended in [None, Some(day()), Some(at())] {
            reads_back(Subscription {
                account: 1,
                product: 300,
                mrr: MONEY,
                started: at(),
                ended,
            });
        }
        reads_back(Contract::default());
        reads_back(Contract {
            account: 1,
            deal: 2,
            signed: Some(at()),
            document: true,
            term: Some(0),
            start: Some(-1),
            end: Some(17_000),
            checks: vec![
                Check {
                    check: 1,
                    due: 3,
                    done: None,
                },
                Check {
                    check: 2,
                    due: -3,
                    done: Some(0),
                },
            ],
        });
    }

    #[test]
    fn orders_spend_and_samples_read_back_as_they_were() {
        reads_back(Order {
            account: 1,
            deal: 0,
            order_type: 3,
            at: day(),
            revenue: Some(MONEY),
            lines: vec![Line {
                product: 1,
                family: 2,
                units: 1_500_000,
                amount: None,
            }],
        });
        reads_back(Spend {
            category: 1,
            channel: 2,
            campaign: 3,
            amount: MONEY,
            start: -5,
            end: 17_000,
        });
        reads_back(Sample {
            metric: 1,
            owner: 2,
            account: 3,
            product: 4,
            channel: 5,
            campaign: 6,
            source: 7,
            team: 800,
            at: at(),
            value: -12_500_000,
            weight: 1,
        });
    }
}
