//! A forecast with what people say of deals in place of what the model says.

use std::collections::BTreeMap;

use bellwether_contracts::forecasting::OverriddenDeal;
use bellwether_domain::Result;

use super::of_said;
use crate::pipeline::{Forecast, Line, Override, Part, sum_up, sum_up_all, with_overrides};
use crate::rpc::outlook::SEED;
use crate::store::{Call, Said};

/// What a deal is called that is not to count.
const OMITTED: &str = "omitted";

/// A forecast with overrides.
pub(in crate::rpc) struct Applied {
    /// Every open deal, by id.
    pub(in crate::rpc) lines: Vec<Line>,
    /// Those that were changed, what changes the forecast most first.
    pub(in crate::rpc) deals: Vec<OverriddenDeal>,
    /// What there is to know about it.
    pub(in crate::rpc) notes: Vec<String>,
    /// What held, by id and version: the name of what was applied.
    pub(in crate::rpc) versions: Vec<(String, i64)>,
}

impl Applied {
    /// Applies what is said of deals; nothing where nothing is said of any.
    ///
    /// # Errors
    /// `INTERNAL` for a call that cannot be applied; none such is taken in.
    pub(in crate::rpc) fn of(forecast: &Forecast, held: &[Said], unit: f64) -> Result<Option<Self>> {
        let calls: BTreeMap<&str, (&Said, &Call)> = held
            .iter()
            .filter_map(|said| match &said.call {
                Call::Deal { deal, .. } => Some((deal.as_str(), (said, &said.call))),
                Call::Period { .. } => None,
            })
            .collect();
        if calls.is_empty() {
            return Ok(None);
        }
        let open = forecast.lines.iter().filter_map(|line| {
            let (said, call) = calls.get(line.id.as_str())?;
            Some((line, *said, over(call, said, forecast.until, unit)?))
        });
        let open: Vec<(&Line, &Said, Override)> = open.collect();
        let overrides: Vec<Override> = open.iter().map(|(_, _, over)| over.clone()).collect();
        let lines = with_overrides(&forecast.lines, &overrides);
        let mut lines = lines.map_err(|why| bellwether_domain::Error::internal(why.to_string()))?;
        for line in &mut lines {
            if let Some((
                _,
                Call::Deal {
                    close: Some(close), ..
                },
            )) = calls.get(line.id.as_str())
            {
                line.expected_close = Some((*close).into());
            }
        }
        let mut deals: Vec<(f64, OverriddenDeal)> = open
            .iter()
            .filter_map(|(old, said, _)| Some(changed(old, find(&lines, &old.id)?, said, unit)))
            .collect();
        deals.sort_by(|one, other| {
            let size = |one: &(f64, OverriddenDeal)| one.0.abs();
            size(other).total_cmp(&size(one))
        });
        let gone = calls.len() - open.len();
        Ok(Some(Self {
            deals: deals.into_iter().map(|(_, deal)| deal).collect(),
            notes: (gone > 0).then(|| over_words(gone)).into_iter().collect(),
            versions: open
                .iter()
                .map(|(_, said, _)| (said.id.clone(), said.version))
                .collect(),
            lines,
        }))
    }

    /// The sum of some of the deals.
    pub(in crate::rpc) fn part(&self, forecast: &Forecast, name: &str, of: impl Fn(&Line) -> bool) -> Part {
        let lines: Vec<&Line> = self.lines.iter().filter(|line| of(line)).collect();
        sum_up(name, &lines, &forecast.correction, SEED)
    }

    /// The sum of all deals and of those that are still to come.
    pub(in crate::rpc) fn total(&self, forecast: &Forecast) -> Part {
        let lines: Vec<&Line> = self.lines.iter().collect();
        sum_up_all("", &lines, &forecast.coming, &forecast.correction, SEED)
    }
}

fn over_words(gone: usize) -> String {
    match gone {
        1 => "one override is of a deal that is not open any more, and changes nothing".to_owned(),
        gone => format!("{gone} overrides are of deals that are not open any more, and change nothing"),
    }
}

/// What a call makes of a deal within a horizon that ends on a day.
fn over(call: &Call, said: &Said, until: i64, unit: f64) -> Option<Override> {
    let Call::Deal {
        deal,
        chance,
        amount,
        close,
        category,
    } = call
    else {
        return None;
    };
    let too_late = close.is_some_and(|close| i64::from(close) >= until);
    let omitted = category
        .as_deref()
        .is_some_and(|name| name.eq_ignore_ascii_case(OMITTED));
    let none = too_late || (omitted && chance.is_none());
    Some(Override {
        deal: deal.clone(),
        chance: if none { Some(0.0) } else { *chance },
        worth: amount.map(|amount| amount * unit),
        category: category.clone(),
        author: said.author.clone(),
        reason: said.reason.clone(),
        at: said.made_at.as_micros().div_euclid(1_000),
    })
}

fn changed(old: &Line, new: &Line, said: &Said, unit: f64) -> (f64, OverriddenDeal) {
    let shown = OverriddenDeal {
        forecast_override: Some(of_said(said)),
        chance_model: old.chance,
        chance: new.chance,
        worth_model: old.worth.map(|worth| worth / unit),
        worth: new.worth.map(|worth| worth / unit),
    };
    (new.expected() - old.expected(), shown)
}

fn find<'a>(lines: &'a [Line], id: &str) -> Option<&'a Line> {
    let place = lines.binary_search_by(|line| line.id.as_str().cmp(id)).ok()?;
    lines.get(place)
}
