//! Scores of deals, leads and customers: asked for alike, learned alike, shown alike.

mod learned;
mod show;
mod whose;

use std::collections::BTreeSet;

use bellwether_contracts::forecasting::{Absence, Basis, Score, ScoreCard, ScoreQuestion};
use bellwether_domain::Result;

use super::digest::Digest;
use super::read::{self, Wrong};
use super::{Desk, write};
use crate::cases::{Cases, Scored, Silent, churn, customers, leads, opportunities};
use crate::facts::{Lead, Subscription};
use crate::pipeline::Deal;
use crate::source::{At, Source, Stands};
use crate::store::{Chance, Series, Served};
use crate::worker::{self, Asked, Task};

pub(super) use learned::Learned;
pub(super) use whose::Whose;

/// Scores in an answer when the caller does not say, and at most.
const MOST: (usize, usize) = (100, 10_000);
/// The days within which a customer may leave, unless others are asked for, at least and at most.
const DAYS: (u32, u32, u32) = (90, 7, 365);

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
    let stands = desk.stands("question.as_of", &at).await?;
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
            let asked = Asked {
                key,
                tenant: at.tenant.parse()?,
                kind: worker::Kind::Scores,
                purpose: whose.purpose(),
            };
            let (source, at, stands) = (desk.source.clone(), at.pinned(&stands), stands.clone());
            let fit = async move |mut task: Task| {
                let facts = task.read(facts(&source, &at, whose)).await?;
                let learn =
                    move |told: &dyn Fn(f64)| Learned::of(facts.cases(whose, &stands).score(told), &facts);
                task.compute(learn).await
            };
            desk.scores.fit(asked, fit).await?
        }
    };
    if let Ok(scored) = &learned.scored {
        whose.has_all(&asked.ids, scored.scores.iter().map(|(id, _)| id.as_str()))?;
    }
    let id = keep(desk, &at, &learned, (asked, most), &stands, whose).await?;
    let basis = write::basis(&stands, &id, cached);
    Ok(shown(&learned, (asked, most), &stands.currency, basis))
}

/// The scores that are asked for.
fn chosen<'a>(
    scored: &'a Scored,
    asked: &'a ScoreQuestion,
    most: usize,
) -> impl Iterator<Item = &'a (String, crate::score::Score)> {
    let ids: BTreeSet<&str> = asked.ids.iter().map(String::as_str).collect();
    let wanted = move |id: &str| ids.is_empty() || ids.contains(id);
    scored.scores.iter().filter(move |(id, _)| wanted(id)).take(most)
}

/// Keeps what is served; its id, empty where nothing was said.
async fn keep(
    desk: &Desk,
    at: &At,
    learned: &Learned,
    (asked, most): (&ScoreQuestion, usize),
    stands: &Stands,
    whose: Whose,
) -> Result<String> {
    let Ok(scored) = &learned.scored else {
        return Ok(String::new());
    };
    let card = scored.model.card();
    let chance = |(id, score): &(String, crate::score::Score)| Chance {
        record: id.clone(),
        owner: learned.owner(id).to_owned(),
        model: card.scorer.clone(),
        chance: score.probability,
        ..Chance::default()
    };
    let said: Vec<Chance> = chosen(scored, asked, most)
        .filter(|(id, _)| !learned.is_kept(id))
        .map(chance)
        .collect();
    let mut digest = Digest::of("served scores");
    digest
        .text(&card.version)
        .signed(stands.as_of.as_micros())
        .text(&format!("{whose:?}"));
    let served = Served {
        id: digest.id(),
        kind: whose.kind(),
        filters: Vec::new(),
        made_at: desk.clock.now(),
        as_of: stands.as_of,
        position: stands.position,
        model_version: super::model_version(),
        points: Vec::new(),
    };
    let of = Series {
        kind: served.kind as i32,
        made: stands.zone.date_of(stands.as_of).days(),
        days: whose.days(),
    };
    // The same scores are asked for again and again, and kept once.
    if !said.is_empty() {
        let tenant = at.tenant.parse()?;
        desk.store.keep_chances(&tenant, &served, &of, &said).await?;
        learned.note_kept(said.into_iter().map(|one| one.record));
    }
    Ok(served.id)
}

/// What is known of the records.
enum Facts {
    Deals(Vec<Deal>),
    Leads(Vec<Lead>),
    Subscriptions(Vec<Subscription>),
}

async fn facts(source: &Source, at: &At, whose: Whose) -> Result<Facts> {
    Ok(match whose {
        Whose::Opportunities => Facts::Deals(source.deals(at).await?.says),
        Whose::Leads => Facts::Leads(source.leads(at).await?.says),
        Whose::Customers(_) => Facts::Subscriptions(source.subscriptions(at).await?.says),
    })
}

impl Facts {
    fn cases(&self, whose: Whose, stands: &Stands) -> Cases {
        match self {
            Self::Deals(deals) => opportunities(deals).as_of(stands.as_of),
            Self::Leads(told) => leads(told).as_of(stands.as_of),
            Self::Subscriptions(told) => {
                let today = stands.zone.date_of(stands.as_of).days();
                churn(&customers(told, &stands.zone), today, whose.days())
            }
        }
    }
}

fn shown(learned: &Learned, (asked, most): (&ScoreQuestion, usize), currency: &str, basis: Basis) -> Told {
    let known = Told {
        basis: Some(basis),
        ..Told::default()
    };
    let scored = match &learned.scored {
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
    Told {
        scores: chosen(scored, asked, most)
            .map(|(id, score)| show::score(id, score, currency))
            .collect(),
        card: Some(show::card(scored)),
        ..known
    }
}
