//! What is known of a deal at a day, in codes that hazards and values are learned by.

use super::book::{Book, Entry, Stint};

/// Into how many bands of equal counts amounts are cut.
const SIZE_BANDS: usize = 8;
/// Into how many bands the time in a stage is cut.
const DWELL_BANDS: usize = 4;
/// More pushes than this count as this many.
const MOST_PUSHES: u32 = 3;
/// A trait with more levels than this is a name, not a trait.
const MOST_LEVELS: usize = 500;
/// A trait with fewer deals a level than this is a name, not a trait.
const DEALS_A_LEVEL: usize = 15;
/// Amounts are banded from this many known ones on.
const FEWEST_AMOUNTS: usize = 50;

/// What is known of a deal at a day.
#[derive(Clone, Debug)]
pub(super) struct View<'a> {
    pub created: f64,
    pub stage: u32,
    pub stage_since: f64,
    pub probability: Option<f64>,
    pub amount: Option<f64>,
    pub due: Option<f64>,
    pub owner: u32,
    pub team: u32,
    pub category: u32,
    pub pushes: u32,
    pub traits: &'a [u32],
}

impl<'a> View<'a> {
    /// The deal as known when the day began.
    pub(super) fn at(entry: &'a Entry, day: f64) -> Self {
        Self::of(entry, entry.known(day))
    }

    fn of(entry: &'a Entry, stint: Option<&Stint>) -> Self {
        let (created, traits) = (entry.created, entry.traits.as_slice());
        match stint {
            Some(stint) => Self {
                created,
                stage: stint.stage,
                stage_since: stint.stage_since,
                probability: stint.probability,
                amount: stint.amount,
                due: stint.due,
                owner: stint.owner,
                team: stint.team,
                category: stint.category,
                pushes: stint.pushes,
                traits,
            },
            None => Self {
                created,
                stage: 0,
                stage_since: created,
                probability: None,
                amount: None,
                due: None,
                owner: 0,
                team: 0,
                category: 0,
                pushes: 0,
                traits,
            },
        }
    }
}

/// Where one code of a view comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    Trait(usize),
    Owner,
    Team,
    Stage,
    Size,
    Dwell,
    Pushes,
}

/// One feature: its source, and how many codes it has; code 0 is "not known" and never moves anything.
#[derive(Clone, Debug)]
pub(super) struct Feature {
    pub source: Source,
    pub codes: usize,
}

/// How views become codes, learned from what was known at a day.
///
/// The forecast category and the chance that a CRM gives a stage are no features: a record tells their last values only
/// ("closed", 100 %), as if they had held from the creation on, so that whoever learned from them would look ahead.
#[derive(Clone, Debug, Default)]
pub(super) struct Encoder {
    pub features: Vec<Feature>,
    sizes: Vec<f64>,
    dwells: Vec<f64>,
}

impl Encoder {
    /// Learns bands, and which traits are traits, from deals created before the day.
    pub(super) fn learn(book: &Book, day: f64, changing: bool) -> Self {
        let known: Vec<&Entry> = book.entries.iter().filter(|entry| entry.created < day).collect();
        let mut features = Vec::new();
        let mut add = |source: Source, codes: usize, seen: &mut dyn Iterator<Item = u32>| {
            if telling(seen, codes, known.len()) {
                features.push(Feature { source, codes });
            }
        };
        for (place, levels) in book.traits.iter().enumerate() {
            let code = |entry: &&Entry| entry.traits.get(place).copied().unwrap_or(0);
            add(Source::Trait(place), levels.len(), &mut known.iter().map(code));
        }
        let stints = || {
            let stints = known.iter().flat_map(|entry| entry.stints.iter());
            stints.filter(|stint| stint.from < day)
        };
        add(
            Source::Owner,
            book.owners.len(),
            &mut stints().map(|stint| stint.owner),
        );
        add(
            Source::Team,
            book.teams.len(),
            &mut stints().map(|stint| stint.team),
        );
        add(
            Source::Stage,
            book.stages.len(),
            &mut stints().map(|stint| stint.stage),
        );
        let amounts = known.iter().map(|entry| entry.known(entry.created));
        let amounts = amounts.filter_map(|stint| stint.and_then(|stint| stint.amount));
        let sizes = bands(amounts.collect(), SIZE_BANDS);
        if !sizes.is_empty() {
            features.push(Feature {
                source: Source::Size,
                codes: sizes.len() + 2,
            });
        }
        let mut dwells = Vec::new();
        if changing {
            let lasted = known.iter().flat_map(|entry| entry.stints.windows(2));
            let lasted = lasted.filter(|pair| pair[1].from < day && pair[0].stage != pair[1].stage);
            dwells = bands(
                lasted.map(|pair| pair[1].from - pair[0].stage_since).collect(),
                DWELL_BANDS,
            );
            features.push(Feature {
                source: Source::Pushes,
                codes: MOST_PUSHES as usize + 2,
            });
        }
        if !dwells.is_empty() {
            features.push(Feature {
                source: Source::Dwell,
                codes: book.stages.len() * (dwells.len() + 1),
            });
        }
        Self {
            features,
            sizes,
            dwells,
        }
    }

    /// The codes of a view that was had on a day, one a feature.
    pub(super) fn codes(&self, view: &View<'_>, day: f64, into: &mut Vec<u32>) {
        into.extend(
            self.features
                .iter()
                .map(|feature| self.code(feature.source, view, day)),
        );
    }

    /// The code of one source of a view that was had on a day.
    pub(super) fn code(&self, source: Source, view: &View<'_>, day: f64) -> u32 {
        match source {
            Source::Trait(place) => view.traits.get(place).copied().unwrap_or(0),
            Source::Owner => view.owner,
            Source::Team => view.team,
            Source::Stage => view.stage,
            Source::Size => view.amount.map_or(0, |amount| band(&self.sizes, amount) + 1),
            Source::Dwell if view.stage == 0 => 0,
            Source::Dwell => {
                let bands = self.dwells.len() as u32 + 1;
                view.stage * bands + band(&self.dwells, day - view.stage_since)
            }
            Source::Pushes => view.pushes.min(MOST_PUSHES) + 1,
        }
    }
}

/// Whether levels tell deals apart: more than one of them, and not as many as names.
fn telling(seen: &mut dyn Iterator<Item = u32>, codes: usize, deals: usize) -> bool {
    let mut have = vec![false; codes];
    for code in seen {
        if let Some(place) = have.get_mut(code as usize) {
            *place = true;
        }
    }
    let levels = have.iter().skip(1).filter(|seen| **seen).count();
    levels > 1 && levels <= MOST_LEVELS && levels * DEALS_A_LEVEL <= deals.max(2 * DEALS_A_LEVEL)
}

fn band(edges: &[f64], value: f64) -> u32 {
    edges.partition_point(|edge| *edge <= value) as u32
}

/// Edges of bands of about equal counts, rising; none for too few values.
fn bands(mut values: Vec<f64>, count: usize) -> Vec<f64> {
    if values.len() < FEWEST_AMOUNTS {
        return Vec::new();
    }
    values.sort_by(f64::total_cmp);
    let mut edges: Vec<f64> = (1..count)
        .map(|step| values[step * values.len() / count])
        .collect();
    edges.dedup();
    // An edge at the smallest value would leave the first band empty.
    edges.retain(|edge| *edge > values[0]);
    edges
}
