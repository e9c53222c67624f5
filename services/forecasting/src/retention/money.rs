//! What those who stay pay later, as a share of what they paid.

use super::Customer;
use super::customer::months_before;

/// How many past starts are looked at for each span.
const STARTS: u32 = 24;

/// What those who stayed for a span of months paid at its end.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Kept {
    /// Over what they paid at its start.
    pub(super) net: Ratio,
    /// The same without what anybody paid more than at the start.
    pub(super) gross: Ratio,
}

/// A ratio of sums of money.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Ratio {
    /// The ratio.
    pub(super) mean: f64,
    /// The variance of a single customer's ratio, weighted by the squares of what they paid.
    pub(super) single: f64,
    /// The variance of the ratio of all together from start to start.
    pub(super) shared: f64,
}

/// What each customer paid by month, the newest first.
pub(super) struct Payments {
    rows: Vec<Vec<f64>>,
    /// Whether they were a customer then.
    there: Vec<Vec<bool>>,
    months: u32,
}

impl Payments {
    /// What is known before `as_of` of so many months.
    pub(super) fn of(customers: &[Customer], as_of: i32, months: u32) -> Self {
        let days: Vec<i32> = (0..=months).map(|ago| months_before(as_of, ago)).collect();
        Self {
            rows: customers
                .iter()
                .map(|one| days.iter().map(|day| one.monthly(*day)).collect())
                .collect(),
            there: customers
                .iter()
                .map(|one| days.iter().map(|day| one.there(*day)).collect())
                .collect(),
            months,
        }
    }

    /// What was kept over spans of 1 to `horizon` months; spans that the history does not hold twice are continued from
    /// the longest that it does. `None` when there is none, or nobody paid.
    pub(super) fn kept(&self, horizon: u32) -> Option<Vec<Kept>> {
        let mut known: Vec<Kept> = Vec::new();
        for span in 1..=horizon {
            let kept = if span < self.months { self.over(span) } else { None };
            match kept {
                Some(kept) => known.push(kept),
                None => break,
            }
        }
        let longest = *known.last()?;
        let have = known.len() as u32;
        for span in have + 1..=horizon {
            let times = f64::from(span) / f64::from(have);
            known.push(Kept {
                net: longest.net.continued(times),
                gross: longest.gross.continued(times),
            });
        }
        Some(known)
    }

    fn over(&self, span: u32) -> Option<Kept> {
        let starts = (self.months - span + 1).min(STARTS);
        let mut spans: Vec<Sums> = Vec::new();
        for to in 0..starts {
            spans.push(self.sums((to + span) as usize, to as usize));
        }
        let net: Vec<(f64, f64)> = spans.iter().map(|sums| (sums.start, sums.end)).collect();
        let gross: Vec<(f64, f64)> = spans.iter().map(|sums| (sums.start, sums.least)).collect();
        let (net, gross) = (mean_ratio(&net)?, mean_ratio(&gross)?);
        let mut kept = Kept {
            net: Ratio::of(net, span),
            gross: Ratio::of(gross, span),
        };
        let (mut squares, mut net_off, mut gross_off) = (0.0, 0.0, 0.0);
        for to in 0..starts as usize {
            for (start, end) in self.stayed(to + span as usize, to) {
                squares += start * start;
                net_off += (end - net.mean * start) * (end - net.mean * start);
                gross_off += (end.min(start) - gross.mean * start) * (end.min(start) - gross.mean * start);
            }
        }
        if squares > 0.0 {
            kept.net.single = net_off / squares;
            kept.gross.single = gross_off / squares;
        }
        Some(kept)
    }

    /// What those paid at both ends who paid at the start and were there at the end.
    fn stayed(&self, from: usize, to: usize) -> impl Iterator<Item = (f64, f64)> + '_ {
        let rows = self.rows.iter().zip(&self.there);
        rows.filter(move |(row, there)| row[from] > 0.0 && there[to])
            .map(move |(row, _)| (row[from], row[to]))
    }

    fn sums(&self, from: usize, to: usize) -> Sums {
        let mut sums = Sums::default();
        for (start, end) in self.stayed(from, to) {
            sums.start += start;
            sums.end += end;
            sums.least += end.min(start);
        }
        sums
    }
}

#[derive(Default)]
struct Sums {
    start: f64,
    end: f64,
    least: f64,
}

/// A ratio of sums, its variance between windows, and how many windows there are.
#[derive(Clone, Copy)]
struct Pooled {
    mean: f64,
    variance: f64,
    windows: usize,
}

/// The ratio of all ends to all starts. `None` when nothing was paid at the starts.
fn mean_ratio(pairs: &[(f64, f64)]) -> Option<Pooled> {
    let (start, end) = pairs
        .iter()
        .fold((0.0, 0.0), |sum, pair| (sum.0 + pair.0, sum.1 + pair.1));
    if start <= 0.0 {
        return None;
    }
    let mean = end / start;
    let off = |(from, to): &(f64, f64)| {
        if *from > 0.0 {
            from * (to / from - mean) * (to / from - mean)
        } else {
            0.0
        }
    };
    Some(Pooled {
        mean,
        variance: pairs.iter().map(off).sum::<f64>() / start,
        windows: pairs.len(),
    })
}

impl Ratio {
    fn of(pooled: Pooled, span: u32) -> Self {
        // Windows overlap: only so many are apart from each other, and the variance among few is too small.
        let apart = (pooled.windows as f64 / f64::from(span)).max(1.5);
        Self {
            mean: pooled.mean,
            single: 0.0,
            shared: pooled.variance * apart / (apart - 1.0) * (1.0 + 1.0 / apart),
        }
    }

    fn continued(self, times: f64) -> Self {
        Self {
            mean: libm::pow(self.mean, times),
            single: self.single * times,
            shared: self.shared * times * times,
        }
    }
}
