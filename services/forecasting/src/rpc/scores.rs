//! Scores of deals, leads and customers: asked for alike, learned alike, shown alike.

mod show;

use std::sync::Arc;

use bellwether_contracts::forecasting::{Absence, Basis, Score, ScoreCard, ScoreQuestion};
use bellwether_domain::Result;

use super::digest::Digest;
use super::read::{self, Wrong};
use super::{Desk, write};
use crate::cases::{Cases, Scored, Silent, churn, customers, leads, opportunities};
use crate::source::Stands;
use crate::worker::Weigh;

/// Scores in an answer when the caller does not say, and at most.
const MOST: (usize, usize) = (100, 10_000);
/// The days within which a customer may leave, unless others are asked for, at least and at most.
const DAYS: (u32, u32, u32) = (90, 7, 365);

/// What is scored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Whose {
    /// Open deals.
    Opportunities,
    /// Open leads.
    Leads,
    /// Customers, within so many days.
    Customers(u32),
}

/// What was learned, or why nothing was.
#[derive(Debug)]
pub(super) struct Learned(std::result::Result<Scored, Silent>);

impl Weigh for Learned {
    fn bytes(&self) -> usize {
        let reasons = |scored: &Scored| -> usize {
            let of = |score: &crate::score::Score| score.reasons.len() * 120 + 120;
            scored.scores.iter().map(|(_, score)| of(score)).sum::<usize>() + 100_000
        };
        self.0.as_ref().map_or(100, reasons)
    }
}

/// The parts of an answer.
#[derive(Debug, Default)]
pub(super) struct Told {
    pub(super) scores: Vec<Score>,
    pub(super) card: Option<ScoreCard>,
    pub(super) absence: i32,
    pub(super) reason: String,
    pub(super) basis: Option<Basis>,
}

/// The days within which a customer may leave.
pub(super) fn days(asked: u32, wrong: &mut Wrong) -> u32 {
    let (usual, least, most) = DAYS;
    if asked == 0 {
        return usual;
    }
    if !(least..=most).contains(&asked) {
        wrong.add(
            "horizon_days",
            format!("{asked} days are none of {least} to {most}"),
        );
    }
    asked
}

/// Learns, or finds what was learned of the same facts, and tells the scores that are asked for. The caller has been let in.
///
/// # Errors
/// What kpi says; `INVALID_ARGUMENT` naming the fields at fault.
pub(super) async fn told(desk: &Desk, asked: &ScoreQuestion, whose: Whose, mut wrong: Wrong) -> Result<Told> {
    let at = read::scored(asked, &mut wrong);
    let most = match asked.most as usize {
        0 => MOST.0,
        most if most <= MOST.1 => most,
        most => {
            wrong.add(
                "question.most",
                format!("{most} are too many: at most {}", MOST.1),
            );
            MOST.1
        }
    };
    if asked.ids.len() > MOST.1 {
        wrong.add("question.ids", format!("at most {} ids", MOST.1));
    }
    wrong.or(())?;
    let stands = desk.source.stands(&at).await?;
    let mut digest = Digest::of("scores");
    digest
        .text(&at.tenant)
        .number(stands.position.epoch)
        .number(stands.position.seq);
    digest
        .signed(stands.as_of.as_micros())
        .text(&format!("{whose:?}"));
    let key = digest.key();
    let (learned, cached) = match desk.scores.kept(&key) {
        Some(kept) => (kept, true),
        None => {
            let cases = cases(desk, &at.pinned(&stands), whose, &stands).await?;
            desk.scores.fit(key, move || Learned(cases.score())).await?
        }
    };
    Ok(shown(&learned, asked, most, &stands, cached))
}

async fn cases(desk: &Desk, at: &crate::source::At, whose: Whose, stands: &Stands) -> Result<Cases> {
    Ok(match whose {
        Whose::Opportunities => opportunities(&desk.source.deals(at).await?.says),
        Whose::Leads => leads(&desk.source.leads(at).await?.says),
        Whose::Customers(days) => {
            let told = desk.source.subscriptions(at).await?.says;
            let today = stands.zone.date_of(stands.as_of).days();
            let days = i32::try_from(days).unwrap_or(i32::MAX);
            churn(&customers(&told, &stands.zone), today, days)
        }
    })
}

fn shown(learned: &Arc<Learned>, asked: &ScoreQuestion, most: usize, stands: &Stands, cached: bool) -> Told {
    let known = Told {
        basis: Some(write::basis(stands, "", cached)),
        ..Told::default()
    };
    let scored = match &learned.0 {
        Ok(scored) => scored,
        Err(why) => {
            let absence = match why {
                Silent::NothingOpen => Absence::NothingOpen,
                Silent::TooFew { .. } => Absence::TooLittleHistory,
                Silent::Unfit(_) => Absence::NoModel,
            };
            return Told {
                absence: absence.into(),
                reason: why.to_string(),
                ..known
            };
        }
    };
    let wanted = |id: &String| asked.ids.is_empty() || asked.ids.contains(id);
    let chosen = scored.scores.iter().filter(|(id, _)| wanted(id)).take(most);
    Told {
        scores: chosen.map(|(id, score)| show::score(id, score)).collect(),
        card: Some(show::card(scored)),
        ..known
    }
}
