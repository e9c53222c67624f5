//! Versions of deals as bytes: variable-length numbers, a few dozen bytes a version.

use bellwether_domain::{CivilDate, Instant, When};

use crate::facts::{Amount, Deal, Line, Version};

/// Adds a version to `out`.
pub(crate) fn encode(version: &Version, out: &mut Vec<u8>) {
    signed(version.key.0, out);
    unsigned(version.key.1, out);
    unsigned(version.key.2, out);
    let Some(deal) = &version.deal else {
        out.push(0);
        return;
    };
    out.push(1);
    let codes = [
        deal.account,
        deal.owner,
        deal.source,
        deal.campaign,
        deal.opportunity_type,
        deal.pipeline,
        deal.stage,
        deal.loss_reason,
    ];
    for code in codes {
        unsigned(code.into(), out);
    }
    amount(deal.amount, out);
    for when in [deal.created, deal.qualified, deal.closed] {
        optional_when(when, out);
    }
    count(deal.lines.len(), out);
    for line in &deal.lines {
        unsigned(line.product.into(), out);
        unsigned(line.family.into(), out);
        signed(line.units, out);
        amount(line.amount, out);
    }
    count(deal.stages.len(), out);
    for (at, stage) in &deal.stages {
        optional_when(Some(*at), out);
        unsigned((*stage).into(), out);
    }
    count(deal.amounts.len(), out);
    for (at, value) in &deal.amounts {
        optional_when(Some(*at), out);
        amount(*value, out);
    }
    count(deal.owners.len(), out);
    for (at, owner) in &deal.owners {
        optional_when(Some(*at), out);
        unsigned((*owner).into(), out);
    }
}

/// Reads a version from the front of `bytes`; `None` when they are damaged.
pub(crate) fn decode(bytes: &[u8]) -> Option<Version> {
    let mut read = Reader { bytes };
    let key = (read.signed()?, read.unsigned()?, read.unsigned()?);
    if read.unsigned()? == 0 {
        return Some(Version { key, deal: None });
    }
    let mut deal = Deal {
        account: read.code()?,
        owner: read.code()?,
        source: read.code()?,
        campaign: read.code()?,
        opportunity_type: read.code()?,
        pipeline: read.code()?,
        stage: read.code()?,
        loss_reason: read.code()?,
        amount: read.amount()?,
        created: read.optional_when()?,
        qualified: read.optional_when()?,
        closed: read.optional_when()?,
        ..Deal::default()
    };
    for _ in 0..read.unsigned()? {
        deal.lines.push(Line {
            product: read.code()?,
            family: read.code()?,
            units: read.signed()?,
            amount: read.amount()?,
        });
    }
    for _ in 0..read.unsigned()? {
        deal.stages.push((read.optional_when()??, read.code()?));
    }
    for _ in 0..read.unsigned()? {
        deal.amounts.push((read.optional_when()??, read.amount()?));
    }
    for _ in 0..read.unsigned()? {
        deal.owners.push((read.optional_when()??, read.code()?));
    }
    Some(Version {
        key,
        deal: Some(deal),
    })
}

/// Adds a number, seven bits a byte, lowest first.
pub(crate) fn unsigned(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Reads a number and where it ends.
pub(crate) fn read_unsigned(bytes: &[u8]) -> Option<(u64, usize)> {
    let mut value = 0;
    for (index, byte) in bytes.iter().enumerate().take(10) {
        value |= u64::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return Some((value, index + 1));
        }
    }
    None
}

fn count(value: usize, out: &mut Vec<u8>) {
    unsigned(value as u64, out);
}

/// Small numbers of either sign take few bytes.
fn signed(value: i64, out: &mut Vec<u8>) {
    unsigned(((value << 1) ^ (value >> 63)) as u64, out);
}

fn unfold(value: u64) -> i64 {
    (value >> 1) as i64 ^ -((value & 1) as i64)
}

/// The currency (0 = no amount), then the minor units.
fn amount(value: Option<Amount>, out: &mut Vec<u8>) {
    unsigned(value.map_or(0, |value| u64::from(value.currency)), out);
    if let Some(value) = value {
        signed(value.minor, out);
    }
}

/// 0 = none, 1 = a day, 2 = an instant; then the number.
fn optional_when(when: Option<When>, out: &mut Vec<u8>) {
    match when {
        None => out.push(0),
        Some(When::Day(day)) => {
            out.push(1);
            signed(day.days().into(), out);
        }
        Some(When::At(at)) => {
            out.push(2);
            signed(at.as_micros(), out);
        }
    }
}

struct Reader<'a> {
    bytes: &'a [u8],
}

impl Reader<'_> {
    fn unsigned(&mut self) -> Option<u64> {
        let (value, end) = read_unsigned(self.bytes)?;
        self.bytes = &self.bytes[end..];
        Some(value)
    }

    fn signed(&mut self) -> Option<i64> {
        self.unsigned().map(unfold)
    }

    fn code(&mut self) -> Option<u32> {
        self.unsigned().and_then(|code| u32::try_from(code).ok())
    }

    fn amount(&mut self) -> Option<Option<Amount>> {
        let currency = self.code()?;
        if currency == 0 {
            return Some(None);
        }
        let minor = self.signed()?;
        Some(Some(Amount { minor, currency }))
    }

    fn optional_when(&mut self) -> Option<Option<When>> {
        Some(match self.unsigned()? {
            0 => None,
            1 => Some(When::Day(CivilDate::from_days(
                i32::try_from(self.signed()?).ok()?,
            ))),
            _ => Some(When::At(Instant::from_micros(self.signed()?))),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_reads_back_as_it_was() {
        let day = Some(When::Day(CivilDate::from_days(-3)));
        let at = When::At(Instant::from_micros(1_700_000_000_000_001));
        let money = Some(Amount {
            minor: -5,
            currency: 3,
        });
        let deal = Deal {
            account: 1,
            owner: 300,
            stage: 70_000,
            amount: money,
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
            ..Deal::default()
        };
        for version in [
            Version {
                key: (i64::MIN, u64::MAX, 1),
                deal: Some(deal.clone()),
            },
            Version {
                key: (i64::MAX, 0, u64::MAX),
                deal: None,
            },
            Version {
                key: (-1, 0, 0),
                deal: Some(Deal::default()),
            },
        ] {
            let mut bytes = Vec::new();
            encode(&version, &mut bytes);
            assert_eq!(decode(&bytes), Some(version));
            assert!((0..bytes.len()).all(|end| decode(&bytes[..end]).is_none()));
        }
    }
}
