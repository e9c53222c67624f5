//! What is said of each quota: the period's end, the odds, and what it takes.

use std::collections::BTreeSet;

use bellwether_contracts::forecasting::{Band, Estimate, NeedAtOdds, PipelineNeed, QuotaAttainment};
use bellwether_contracts::kpi::GroupValue;

use super::plan::{Plan, Stand};
use crate::pipeline::{Forecast, Line, Newcomers, Part, Refusal, Spread, attainment, need, sum_up_all};
use crate::rpc::outlook::{Outlook, SEED};
use crate::rpc::overrides::{of_said, same_period};
use crate::rpc::pipeline::intervals;
use crate::store::{Call, Member, Point, Said};

/// The odds for which it is told how much pipeline a quota takes.
const ODDS: [f64; 2] = [0.5, 0.8];

/// What rows are made from.
pub(super) struct Rows<'a> {
    plan: &'a Plan,
    /// Nothing where no day is left.
    outlook: Option<&'a Outlook>,
    held: &'a [Said],
    /// How many minor units a major one has.
    unit: f64,
}

/// Whose row.
#[derive(Clone, Copy)]
struct Whose<'a>(Option<(&'a str, &'a str)>);

impl<'a> Rows<'a> {
    pub(super) fn new(plan: &'a Plan, outlook: Option<&'a Outlook>, held: &'a [Said], unit: f64) -> Self {
        Self {
            plan,
            outlook,
            held,
            unit,
        }
    }

    /// What is forecast of the days that are left, if there are any.
    pub(super) fn forecast(&self) -> Option<&'a Forecast> {
        self.outlook?.forecast.as_ref().ok()
    }

    /// Why nothing is said of them.
    pub(super) fn refused(&self) -> Option<&'a Refusal> {
        self.outlook?.forecast.as_ref().err()
    }

    /// The whole, then the members of each dimension, with what is kept of each.
    pub(super) fn all(&self, currency: &str) -> Vec<(QuotaAttainment, Option<Point>)> {
        let mut rows = vec![self.row(Whose(None), self.plan.whole, currency)];
        for members in &self.plan.dimensions {
            let of = members.dimension.as_str();
            let has_quota = members.stands.iter().filter(|(_, stand)| stand.quota.is_some());
            let mut names: BTreeSet<&str> = has_quota.map(|(name, _)| name.as_str()).collect();
            names.extend(self.held.iter().filter_map(|said| self.called(said, of)));
            for name in names {
                let stand = members.stands.get(name).copied().unwrap_or_default();
                rows.push(self.row(Whose(Some((of, name))), stand, currency));
            }
        }
        rows
    }

    /// The member of a dimension of which somebody says something for the period.
    fn called<'s>(&self, said: &'s Said, dimension: &str) -> Option<&'s str> {
        let Call::Period {
            member: Some((of, name)),
            ..
        } = &said.call
        else {
            return None;
        };
        let period = (self.plan.start, self.plan.end);
        (of == dimension && same_period(said, period, Some((of, name)))).then_some(name.as_str())
    }

    fn row(&self, whose: Whose<'_>, stand: Stand, currency: &str) -> (QuotaAttainment, Option<Point>) {
        let (lines, coming) = self.parts(whose);
        let period = (self.plan.start, self.plan.end);
        let call = self.held.iter().find(|said| same_period(said, period, whose.0));
        let mut shown = QuotaAttainment {
            group: whose.group(),
            quota: stand.quota,
            won: stand.won,
            call: call.map(of_said),
            ..QuotaAttainment::default()
        };
        match (self.outlook.is_some(), self.forecast()) {
            // The period is over: what is won is the end.
            (false, _) => {
                shown.expected = Some(certain(stand.won));
                reached(&mut shown, stand.won);
                (shown, None)
            }
            (true, None) => (shown, None),
            (true, Some(forecast)) => {
                let part = sum_up_all("", &lines, &coming, &forecast.correction, SEED);
                let spread = self.expect(&mut shown, &part, &coming);
                if let (Some(quota), Some(spread)) = (stand.quota, &spread) {
                    self.odds(&mut shown, quota, spread);
                    shown.need = self.need(quota, stand.won, (&lines, &coming), forecast);
                }
                let point = spread.and_then(|spread| self.point(whose, &shown, &spread, currency));
                (shown, point)
            }
        }
    }

    /// Open deals of a member, and its share of those that are still to come.
    fn parts(&self, whose: Whose<'_>) -> (Vec<&'a Line>, Newcomers) {
        let (Some(forecast), Some(outlook)) = (self.forecast(), self.outlook) else {
            return (Vec::new(), Newcomers::default());
        };
        let Some((dimension, name)) = whose.0 else {
            return (forecast.lines.iter().collect(), forecast.coming);
        };
        let counts = |owner: &str, team: &str| self.plan.counts(dimension, name, owner, team);
        let lines = forecast
            .lines
            .iter()
            .filter(|line| counts(&line.owner, &line.team));
        let [owners, teams] = &outlook.arrivals;
        let shares = if dimension == "owner" {
            owners
                .iter()
                .filter(|(owner, _)| counts(owner, ""))
                .map(|(_, share)| share)
                .sum()
        } else {
            teams
                .iter()
                .filter(|(team, _)| counts("", team))
                .map(|(_, share)| share)
                .sum()
        };
        (lines.collect(), forecast.coming.share(shares))
    }

    /// Fills in the end; nothing where no deal's worth is known.
    fn expect(&self, shown: &mut QuotaAttainment, part: &Part, coming: &Newcomers) -> Option<Spread> {
        let nothing = part.open == 0 && coming.value <= 0.0;
        let spread = match &part.value {
            Some(spread) => spread.clone(),
            None if nothing => Spread::default(),
            None => return None,
        };
        let already = shown.won;
        shown.newcomers = coming.value / self.unit;
        shown.open = (spread.mean - coming.value).max(0.0) / self.unit;
        if nothing {
            shown.expected = Some(certain(already));
            return Some(spread);
        }
        let band = |band: &crate::pipeline::Band| Band {
            level: band.level,
            low: already + band.low / self.unit,
            high: already + band.high / self.unit,
        };
        shown.expected = Some(Estimate {
            mean: already + spread.mean / self.unit,
            median: already + spread.median / self.unit,
            bands: spread.bands.iter().map(band).collect(),
        });
        Some(spread)
    }

    fn odds(&self, shown: &mut QuotaAttainment, quota: f64, spread: &Spread) {
        match attainment(quota * self.unit, shown.won * self.unit, spread) {
            Ok(told) => {
                shown.odds = Some(told.chance);
                shown.attainment = Some(told.share);
            }
            // A quota of nothing is reached.
            Err(_) => shown.odds = Some(1.0),
        }
    }

    fn need(
        &self,
        quota: f64,
        won: f64,
        (lines, coming): (&[&Line], &Newcomers),
        forecast: &Forecast,
    ) -> Option<PipelineNeed> {
        let unit = self.unit;
        let told = need(
            quota * unit,
            won * unit,
            lines,
            coming,
            &forecast.correction,
            &ODDS,
        )?;
        let at = |(odds, amount): &(f64, Option<f64>)| NeedAtOdds {
            odds: *odds,
            amount: amount.map(|amount| amount / unit),
            coverage: amount.and_then(|amount| told.coverage(amount)),
        };
        Some(PipelineNeed {
            gap: told.gap / unit,
            open_amount: told.open / unit,
            coverage: told.coverage(told.open),
            at_odds: told.at_odds.iter().map(at).collect(),
        })
    }

    /// What is kept of a row, where kpi can tell the truth of it.
    fn point(
        &self,
        whose: Whose<'_>,
        shown: &QuotaAttainment,
        spread: &Spread,
        currency: &str,
    ) -> Option<Point> {
        if whose
            .0
            .is_some_and(|(dimension, name)| !self.plan.is_plain(dimension, name))
        {
            return None;
        }
        Some(Point {
            kpi: "bookings".to_owned(),
            unit: currency.to_owned(),
            member: whose.0.map(|(dimension, name)| Member {
                dimension: dimension.to_owned(),
                name: Some(name.to_owned()),
            }),
            model: "attainment".to_owned(),
            // Of forecasts of a period the last one counts of each step: were there one only, its last day's alone would.
            step: self.plan.weeks_left(),
            start: self.plan.start,
            end: self.plan.end,
            mean: shown.expected.as_ref()?.mean,
            intervals: intervals(spread, shown.won * self.unit, self.unit),
            scale: None,
            actual: None,
            scored_at: None,
        })
    }
}

impl Whose<'_> {
    fn group(self) -> Option<GroupValue> {
        let (dimension, name) = self.0?;
        Some(GroupValue {
            dimension: dimension.to_owned(),
            name: Some(name.to_owned()),
            rest: false,
        })
    }
}

/// An end that is known.
fn certain(value: f64) -> Estimate {
    let band = |level: f64| Band {
        level,
        low: value,
        high: value,
    };
    Estimate {
        mean: value,
        median: value,
        bands: crate::pipeline::LEVELS.map(band).to_vec(),
    }
}

/// Whether a quota was reached at the end.
fn reached(shown: &mut QuotaAttainment, won: f64) {
    if let Some(quota) = shown.quota {
        shown.odds = Some(f64::from(u8::from(won >= quota)));
        shown.attainment = (quota > 0.0).then(|| won / quota);
    }
}
