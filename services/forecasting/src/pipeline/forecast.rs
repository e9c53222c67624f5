//! The calibrated forecast: open deals, deals still to come, and both together, in all and by group.

use super::{
    book::Book,
    deal::Refusal,
    hazard::Hazards,
    lines::{Line, Slim, shift, slim, spell_out},
    newcomers::{Newcomers, newcomers},
    rehearsal::{Adjust, Correction, Rehearsal},
    spread::{Extra, Item, Spread, draws},
    training::identity,
};

/// What is asked.
#[derive(Clone, Debug, PartialEq)]
pub struct Ask {
    /// The forecast sees what was known when this day began, as a civil day number.
    pub day: i64,
    /// By what to tell sums apart.
    pub groups: Vec<Group>,
    /// What draws are made from: the same seed gives the same digits.
    pub seed: u64,
}

/// By what sums are told apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Group {
    /// By stage.
    Stage,
    /// By owner.
    Owner,
    /// By team.
    Team,
    /// By forecast category.
    Category,
    /// By a trait, such as product or source.
    Trait(String),
}

impl Group {
    /// What a deal belongs to; empty where that is not known.
    #[must_use]
    pub fn of<'a>(&self, line: &'a Line) -> &'a str {
        match self {
            Self::Stage => &line.stage,
            Self::Owner => &line.owner,
            Self::Team => &line.team,
            Self::Category => &line.category,
            Self::Trait(key) => line.traits.get(key).map_or("", String::as_str),
        }
    }
}

/// A sum with its distribution.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// The member of the group; empty for all deals, and where the member is not known.
    pub name: String,
    /// How many open deals are in it.
    pub open: usize,
    /// Their known amounts, in minor units.
    pub amount: f64,
    /// How many will be won.
    pub count: Spread,
    /// For how much, in minor units; nothing where no deal's worth is known.
    pub value: Option<Spread>,
}

/// A forecast.
#[derive(Clone, Debug, PartialEq)]
pub struct Forecast {
    /// The day that it was made for: it sees what was known when that day began.
    pub day: i64,
    /// It ends when this day begins.
    pub until: i64,
    /// Deals that are open.
    pub open: Part,
    /// Deals that are still to be created.
    pub newcomers: Part,
    /// How many of those are expected to be created at all.
    pub to_be_created: f64,
    /// What [`Forecast::newcomers`] is the distribution of.
    pub coming: Newcomers,
    /// Both together.
    pub total: Part,
    /// Open deals by group, in the order that was asked; members by name.
    pub groups: Vec<(Group, Vec<Part>)>,
    /// Every open deal, by id.
    pub lines: Vec<Line>,
    /// What rehearsals of the past changed about the model's own sums.
    pub correction: Correction,
    /// What to mind, in words.
    pub notes: Vec<String>,
}

/// Makes a forecast.
///
/// # Errors
/// [`Refusal`] when there is too little to learn from or nothing open.
pub fn forecast(rehearsal: &mut Rehearsal<'_>, ask: &Ask) -> Result<Forecast, Refusal> {
    let (book, days) = (rehearsal.book(), rehearsal.days());
    let learned = rehearsal.learned(ask.day)?;
    let mut slims = slim(book, learned, ask.day, days, 1);
    let coming = newcomers(book, learned, ask.day, days);
    let doubts = doubts(&learned.hazards);
    if slims.is_empty() {
        return Err(Refusal::NothingOpen);
    }
    let correction = rehearsal.correction(ask.day);
    correct(&mut slims, &correction);
    let lines: Vec<Line> = slims.iter().map(|slim| spell_out(book, slim, ask.day)).collect();
    let all: Vec<&Line> = lines.iter().collect();
    let sums = Sums {
        correction: &correction,
        seed: ask.seed,
    };
    let coming = corrected(&coming, &correction);
    let groups = ask
        .groups
        .iter()
        .map(|group| (group.clone(), sums.by_group(group, &lines)))
        .collect();
    Ok(Forecast {
        day: ask.day,
        until: ask.day + days,
        open: sums.part("", &all, None),
        newcomers: sums.part("", &[], Some(&coming)),
        to_be_created: coming.created,
        total: sums.part("", &all, Some(&coming)),
        coming,
        groups,
        notes: notes(book, &lines, &correction, doubts),
        lines,
        correction,
    })
}

/// The distribution of lines that were changed by hand, or of a part of a forecast's lines (by id), with the shocks of
/// the forecast that they come from.
#[must_use]
pub fn sum_up(name: &str, lines: &[&Line], correction: &Correction, seed: u64) -> Part {
    Sums { correction, seed }.part(name, lines, None)
}

/// The same, with deals that are still to come: [`Forecast::coming`], or a share of them.
#[must_use]
pub fn sum_up_all(
    name: &str,
    lines: &[&Line],
    coming: &Newcomers,
    correction: &Correction,
    seed: u64,
) -> Part {
    Sums { correction, seed }.part(name, lines, Some(coming))
}

/// What newcomers add to a count and to a value.
pub(super) fn newcomers_extra(coming: &Newcomers, correction: &Correction) -> (Extra, Extra) {
    let extra = |mean: f64, chance: f64, adjust: &Adjust| Extra {
        mean,
        variance: chance + adjust.spread * mean * mean,
    };
    (
        extra(coming.count, coming.count, &correction.new_count),
        extra(coming.value, coming.value_variance, &correction.new_value),
    )
}

/// Moves chances and values to the level that rehearsals showed.
pub(super) fn correct(slims: &mut [Slim], correction: &Correction) {
    let mut chances: Vec<f64> = slims.iter().map(|slim| slim.chances[0]).collect();
    shift(&mut chances, correction.count.factor);
    let worth = correction.value.factor / correction.count.factor;
    for (slim, chance) in slims.iter_mut().zip(chances) {
        let others = slim.chances[1] + slim.chances[2];
        let room = 1.0 - chance;
        if others > room {
            let squeeze = room / others;
            slim.chances[1] *= squeeze;
            slim.chances[2] *= squeeze;
        }
        slim.chances[0] = chance;
        if let Some(value) = &mut slim.worth {
            value.mean *= worth;
        }
    }
}

fn corrected(coming: &Newcomers, correction: &Correction) -> Newcomers {
    let (count, value) = (correction.new_count, correction.new_value);
    Newcomers {
        created: coming.created,
        count: coming.count * count.factor,
        value: coming.value * value.factor,
        value_variance: coming.value_variance * value.factor * value.factor / count.factor.max(1e-9),
    }
}

/// What sums are made with.
pub(super) struct Sums<'a> {
    pub correction: &'a Correction,
    pub seed: u64,
}

impl Sums<'_> {
    /// The distribution of a list of deals (by id) and of newcomers.
    pub(super) fn part(&self, name: &str, lines: &[&Line], coming: Option<&Newcomers>) -> Part {
        let Correction { count, value, .. } = self.correction;
        let item = |line: &&Line, size, variation| Item {
            key: identity(&line.id),
            chance: line.chance,
            size,
            variation,
        };
        let counts: Vec<Item> = lines.iter().map(|line| item(line, 1.0, 0.0)).collect();
        let values: Vec<Item> = lines
            .iter()
            .map(|line| item(line, line.worth.unwrap_or(0.0), line.variation))
            .collect();
        let extra = |new| newcomers_extra(new, self.correction);
        let (more, more_value) = coming.map_or_else(Default::default, extra);
        let known =
            lines.iter().any(|line| line.worth.is_some()) || coming.is_some_and(|new| new.value > 0.0);
        Part {
            name: name.to_owned(),
            open: lines.len(),
            amount: lines.iter().filter_map(|line| line.amount).sum(),
            count: self.spread(&counts, count, more),
            value: known.then(|| self.spread(&values, value, more_value)),
        }
    }

    /// Parts of all deals by a group, members by name.
    pub(super) fn by_group(&self, group: &Group, lines: &[Line]) -> Vec<Part> {
        let mut names: Vec<&str> = lines.iter().map(|line| group.of(line)).collect();
        names.sort_unstable();
        names.dedup();
        let mut members: Vec<Vec<&Line>> = vec![Vec::new(); names.len()];
        for line in lines {
            if let Ok(place) = names.binary_search(&group.of(line)) {
                members[place].push(line);
            }
        }
        names
            .iter()
            .zip(members)
            .map(|(name, members)| self.part(name, &members, None))
            .collect()
    }

    fn spread(&self, items: &[Item], adjust: &Adjust, extra: Extra) -> Spread {
        let mean = items.iter().map(|item| item.chance * item.size).sum::<f64>() + extra.mean;
        Spread::of(draws(items, adjust.shock, extra, self.seed), mean, 0.0)
    }
}

/// What of the records cannot be learned from, in words.
fn doubts(hazards: &Hazards) -> Vec<String> {
    let mut doubts = Vec::new();
    if hazards.recorded_since().is_some() {
        doubts.push(
            "closings before the first one were not recorded, so deals are followed from then on only"
                .to_owned(),
        );
    }
    if !hazards.believes_expected_close() {
        doubts.push(
            "the expected closes of ended deals are the days on which they ended: nothing is learned from expected closes"
                .to_owned(),
        );
    }
    doubts
}

fn notes(book: &Book, lines: &[Line], correction: &Correction, doubts: Vec<String>) -> Vec<String> {
    let mut notes = book.notes().to_vec();
    let without = lines.iter().filter(|line| line.worth.is_none()).count();
    if without > 0 {
        notes.push(format!(
            "{without} deals have no amount and no won deal tells their worth: their value is not in"
        ));
    }
    notes.extend(doubts);
    if correction.horizons < 1.0 {
        notes.push(
            "there is less than one past horizon to check against: intervals rest on what is usual".into(),
        );
    }
    notes
}
