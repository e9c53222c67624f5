//! What readers were told, in a form that many of can be kept, and what the log says that they should have been told.

use std::collections::BTreeMap;

use bellwether_contracts::ingestion::{Change, change::Payload};
use bellwether_contracts::{kpi, sales};

/// Cents and deals of each owner.
type Sums = BTreeMap<String, (i64, u64)>;

/// An answer that a reader was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Where it stands in the log; 0 = it has no values.
    pub seq: u64,
    /// The position that was asked for at least; 0 = none was.
    pub least: u64,
    /// Nothing when the answer makes no sense.
    said: Option<Sums>,
}

impl Seen {
    /// An answer to [`super::load::question`] with `least` as its least position.
    #[must_use]
    pub fn of(answer: &kpi::QueryKpisResponse, least: u64) -> Self {
        let first = answer.values.first().map_or(0, seq_of);
        Self {
            seq: first,
            least,
            said: said(answer, first),
        }
    }
}

fn seq_of(value: &kpi::KpiValue) -> u64 {
    let mark = value.watermark.as_ref();
    mark.and_then(|mark| mark.position).map_or(0, |at| at.seq)
}

fn said(answer: &kpi::QueryKpisResponse, seq: u64) -> Option<Sums> {
    let mut sums = Sums::new();
    for value in &answer.values {
        if seq_of(value) != seq {
            return None;
        }
        let owner = value.group.first().and_then(|group| group.name.clone());
        let cents = minor(value.value.as_deref()?)?;
        sums.insert(owner.unwrap_or_default(), (cents, value.n));
    }
    Some(sums)
}

/// How many of the answers are not what the log up to their watermark says, stand beyond its end, or stand before what
/// was asked for.
#[must_use]
pub fn wrong(seen: &[Seen], log: &[Change]) -> usize {
    let mut in_order: Vec<&Seen> = seen.iter().collect();
    in_order.sort_unstable_by_key(|seen| seen.seq);
    let (mut sums, mut at, mut wrong) = (Sums::new(), 0, 0);
    for seen in in_order {
        let end = usize::try_from(seen.seq).unwrap_or(usize::MAX).min(log.len());
        log[at..end].iter().for_each(|change| add(&mut sums, change));
        at = end;
        let strange = seen.seq > log.len() as u64 || seen.seq < seen.least;
        wrong += usize::from(strange || seen.said.as_ref() != Some(&sums));
    }
    wrong
}

fn add(sums: &mut Sums, change: &Change) {
    let Some(Payload::Record(record)) = &change.payload else {
        return;
    };
    let Some(sales::record::Body::Opportunity(deal)) = &record.body else {
        return;
    };
    let sum = sums.entry(deal.owner_id.clone()).or_default();
    sum.0 += deal.amount.as_ref().map_or(0, |amount| amount.minor_units);
    sum.1 += 1;
}

/// Cents of a decimal number of dollars.
fn minor(text: &str) -> Option<i64> {
    let (major, cents) = text.split_once('.').unwrap_or((text, ""));
    let cents = format!("{cents:0<2}");
    (cents.len() == 2)
        .then(|| format!("{major}{cents}").parse().ok())
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::faults::ledger::Deal;

    #[test]
    fn cents_are_read_exactly() {
        assert_eq!(
            (minor("12.5"), minor("12"), minor("0.07"), minor("1.234")),
            (Some(1250), Some(1200), Some(7), None)
        );
    }

    #[test]
    fn what_is_wrong_stale_or_from_beyond_the_end_is_seen() {
        let change = |minor: i64| Change {
            payload: Some(Payload::Record(
                Deal {
                    id: "d".to_owned(),
                    owner: "rep-1".to_owned(),
                    minor,
                }
                .record(),
            )),
            ..Change::default()
        };
        let log = [change(100), change(50)];
        let answer = |seq: u64, least: u64, cents: i64| Seen {
            seq,
            least,
            said: Some(Sums::from([("rep-1".to_owned(), (cents, seq))])),
        };
        let right = [answer(2, 2, 150), answer(1, 0, 100), answer(2, 1, 150)];
        assert_eq!(wrong(&right, &log), 0);
        let nonsense = Seen {
            said: None,
            ..answer(1, 0, 100)
        };
        let bad = [answer(1, 2, 100), answer(3, 0, 150), answer(2, 0, 149), nonsense];
        assert_eq!(wrong(&bad, &log), 4);
    }
}
