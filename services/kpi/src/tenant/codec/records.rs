//! What versions of each kind of record say, as bytes.

use super::{Packed, Reader, amount, codes, list, optional, optional_when, signed, unsigned};
use crate::facts::{Activity, Deal, Employment, Lead, Line, Quota};

impl Packed for Deal {
    fn encode(&self, out: &mut Vec<u8>) {
        let head = [
            self.account,
            self.owner,
            self.source,
            self.campaign,
            self.opportunity_type,
            self.pipeline,
            self.stage,
            self.category,
            self.loss_reason,
        ];
        codes(&head, out);
        amount(self.amount, out);
        for when in [self.expected, self.created, self.qualified, self.closed] {
            optional_when(when, out);
        }
        list(&self.lines, out, line);
        list(&self.stages, out, |(at, stage), out| {
            optional_when(Some(*at), out);
            unsigned((*stage).into(), out);
        });
        list(&self.amounts, out, |(at, value), out| {
            optional_when(Some(*at), out);
            amount(*value, out);
        });
        list(&self.owners, out, |(at, owner), out| {
            optional_when(Some(*at), out);
            unsigned((*owner).into(), out);
        });
        list(&self.expectations, out, |(at, expected), out| {
            optional_when(Some(*at), out);
            optional_when(*expected, out);
        });
        self.encode_details(out);
    }

    fn decode(read: &mut Reader<'_>) -> Option<Self> {
        let mut deal = Self {
            account: read.code()?,
            owner: read.code()?,
            source: read.code()?,
            campaign: read.code()?,
            opportunity_type: read.code()?,
            pipeline: read.code()?,
            stage: read.code()?,
            category: read.code()?,
            loss_reason: read.code()?,
            amount: read.amount()?,
            expected: read.optional_when()?,
            created: read.optional_when()?,
            qualified: read.optional_when()?,
            closed: read.optional_when()?,
            lines: read.list(Reader::line)?,
            stages: read.list(|read| Some((read.optional_when()??, read.code()?)))?,
            amounts: read.list(|read| Some((read.optional_when()??, read.amount()?)))?,
            owners: read.list(|read| Some((read.optional_when()??, read.code()?)))?,
            expectations: read.list(|read| Some((read.optional_when()??, read.optional_when()?)))?,
            ..Self::default()
        };
        deal.decode_details(read)?;
        Some(deal)
    }
}

/// Which details of a deal follow: most deals have none.
const COMPETITOR: u32 = 1;
const PRICE: u32 = 2;
const NUMBERS: u32 = 4;
const CREDITS: u32 = 8;

impl Deal {
    fn encode_details(&self, out: &mut Vec<u8>) {
        let bit = |bit: u32, given: bool| if given { bit } else { 0 };
        let given = bit(COMPETITOR, self.competitor != 0)
            | bit(PRICE, self.list_amount.is_some() || self.discount.is_some())
            | bit(
                NUMBERS,
                self.term.is_some() || self.contacts.is_some() || self.probability.is_some(),
            )
            | bit(CREDITS, !self.credits.is_empty());
        unsigned(given.into(), out);
        if given & COMPETITOR != 0 {
            unsigned(self.competitor.into(), out);
        }
        if given & PRICE != 0 {
            amount(self.list_amount, out);
            amount(self.discount, out);
        }
        if given & NUMBERS != 0 {
            [self.term, self.contacts, self.probability]
                .into_iter()
                .for_each(|number| optional(number, out));
        }
        if given & CREDITS != 0 {
            list(&self.credits, out, |(rep, share), out| {
                unsigned((*rep).into(), out);
                signed(*share, out);
            });
        }
    }

    fn decode_details(&mut self, read: &mut Reader<'_>) -> Option<()> {
        let given = read.code()?;
        if given & COMPETITOR != 0 {
            self.competitor = read.code()?;
        }
        if given & PRICE != 0 {
            self.list_amount = read.amount()?;
            self.discount = read.amount()?;
        }
        if given & NUMBERS != 0 {
            self.term = read.optional()?;
            self.contacts = read.optional()?;
            self.probability = read.optional()?;
        }
        if given & CREDITS != 0 {
            self.credits = read.list(|read| Some((read.code()?, read.signed()?)))?;
        }
        Some(())
    }
}

pub(super) fn line(line: &Line, out: &mut Vec<u8>) {
    codes(&[line.product, line.family], out);
    signed(line.units, out);
    amount(line.amount, out);
}

impl Reader<'_> {
    pub(super) fn line(&mut self) -> Option<Line> {
        Some(Line {
            product: self.code()?,
            family: self.code()?,
            units: self.signed()?,
            amount: self.amount()?,
        })
    }
}

impl Packed for Lead {
    fn encode(&self, out: &mut Vec<u8>) {
        let head = [
            self.source,
            self.campaign,
            self.owner,
            self.account,
            self.disqualify_reason,
            u32::from(self.has_deal),
        ];
        codes(&head, out);
        for when in [self.created, self.mql, self.sql, self.converted] {
            optional_when(when, out);
        }
    }

    fn decode(read: &mut Reader<'_>) -> Option<Self> {
        Some(Self {
            source: read.code()?,
            campaign: read.code()?,
            owner: read.code()?,
            account: read.code()?,
            disqualify_reason: read.code()?,
            has_deal: read.code()? != 0,
            created: read.optional_when()?,
            mql: read.optional_when()?,
            sql: read.optional_when()?,
            converted: read.optional_when()?,
        })
    }
}

impl Packed for Activity {
    fn encode(&self, out: &mut Vec<u8>) {
        let flags = u32::from(self.completed) | u32::from(self.automatic) << 1;
        let head = [
            self.activity_type,
            self.rep,
            self.lead,
            self.deal,
            self.account,
            self.direction,
            self.outcome,
            flags,
        ];
        codes(&head, out);
        optional_when(Some(self.at), out);
        signed(self.duration, out);
    }

    fn decode(read: &mut Reader<'_>) -> Option<Self> {
        let [activity_type, rep, lead, deal, account, direction, outcome, flags] = read.codes()?;
        Some(Self {
            activity_type,
            rep,
            lead,
            deal,
            account,
            direction,
            outcome,
            completed: flags & 1 != 0,
            automatic: flags & 2 != 0,
            at: read.optional_when()??,
            duration: read.signed()?,
        })
    }
}

impl Packed for Quota {
    fn encode(&self, out: &mut Vec<u8>) {
        codes(&[self.owner, self.team], out);
        signed(self.start.into(), out);
        signed(self.end.into(), out);
        amount(self.amount, out);
        signed(self.count, out);
    }

    fn decode(read: &mut Reader<'_>) -> Option<Self> {
        Some(Self {
            owner: read.code()?,
            team: read.code()?,
            start: read.day()?,
            end: read.day()?,
            amount: read.amount()?,
            count: read.signed()?,
        })
    }
}

impl Packed for Employment {
    fn encode(&self, out: &mut Vec<u8>) {
        codes(&[self.role, self.sales_model], out);
        let days: Vec<i32> = self.start.into_iter().chain(self.end).collect();
        out.push(u8::from(self.start.is_some()) | u8::from(self.end.is_some()) << 1);
        days.into_iter().for_each(|day| signed(day.into(), out));
    }

    fn decode(read: &mut Reader<'_>) -> Option<Self> {
        let [role, sales_model, given] = read.codes()?;
        let mut day = |bit: u32| match given & bit {
            0 => Some(None),
            _ => read.day().map(Some),
        };
        Some(Self {
            role,
            sales_model,
            start: day(1)?,
            end: day(2)?,
        })
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::fmt::Debug;

    use bellwether_domain::{CivilDate, Instant, When};

    use super::super::{decode, encode};
    use super::*;
    use crate::facts::{Amount, Version};
    use crate::table::NULL;

    pub(in super::super) fn reads_back<T: Packed + PartialEq + Debug + Clone>(says: T) {
        let version = |key, says| Version { key, says };
        for version in [
            version((i64::MIN, u64::MAX, 1), Some(says.clone())),
            version((i64::MAX, 0, u64::MAX), None),
            version((-1, 0, 0), Some(says.clone())),
        ] {
            let mut bytes = Vec::new();
            encode(&version, &mut bytes);
            assert_eq!(decode(&bytes), Some(version));
            assert!((0..bytes.len()).all(|end| decode::<T>(&bytes[..end]).is_none()));
        }
    }

    #[test]
    fn a_deal_reads_back_as_it_was() {
        let day = Some(When::Day(CivilDate::from_days(-3)));
        let at = When::At(Instant::from_micros(1_700_000_000_000_001));
        let money = Some(Amount {
            minor: -5,
            currency: 3,
        });
        reads_back(Deal::default());
        reads_back(Deal {
            account: 1,
            owner: 300,
            stage: 70_000,
            category: 5,
            amount: money,
            expected: Some(at),
            created: day,
            closed: Some(at),
            lines: vec![Line {
                product: 1,
                family: 0,
                units: 1_500_000,
                amount: None,
            }],
            stages: vec![(at, 4)],
            amounts: vec![(at, None), (at, money)],
            owners: vec![(at, 9)],
            expectations: vec![(at, None), (at, day)],
            ..Deal::default()
        });
        for (competitor, list_amount, contacts, credits) in [
            (7, None, None, vec![]),
            (0, money, Some(0), vec![]),
            (0, None, None, vec![(4, 333_333), (9, 666_667)]),
        ] {
            reads_back(Deal {
                competitor,
                list_amount,
                discount: list_amount,
                term: contacts.map(|_| 12),
                contacts,
                credits,
                ..Deal::default()
            });
        }
    }

    #[test]
    fn the_other_records_read_back_as_they_were() {
        let day = Some(When::Day(CivilDate::from_days(-3)));
        let at = When::At(Instant::from_micros(1_700_000_000_000_001));
        let money = Some(Amount {
            minor: -5,
            currency: 3,
        });
        reads_back(Lead::default());
        reads_back(Lead {
            source: 1,
            campaign: 2,
            owner: 3,
            account: 400,
            disqualify_reason: 5,
            created: day,
            mql: Some(at),
            sql: None,
            converted: Some(at),
            has_deal: true,
        });
        let quota = |count, amount| Quota {
            owner: 1,
            team: 0,
            start: -5,
            end: 17_000,
            amount,
            count,
        };
        reads_back(quota(NULL, money));
        reads_back(quota(7, None));
        for (start, end) in [
            (None, None),
            (Some(-1), None),
            (None, Some(9)),
            (Some(1), Some(2)),
        ] {
            reads_back(Employment {
                role: 1,
                sales_model: 200,
                start,
                end,
            });
        }
        for (completed, automatic) in [(true, false), (false, true)] {
            reads_back(Activity {
                activity_type: 1,
                rep: 2,
                lead: 3,
                deal: 4,
                account: 5,
                at,
                duration: NULL,
                completed,
                direction: 2,
                automatic,
                outcome: 7,
            });
        }
    }
}
