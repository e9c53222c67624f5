//! A question resolved: all that its answer depends on besides the records, in words of its own, and which of the facts
//! it reads. Two questions of equal words have equal answers from equal facts.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::ops::{Range, RangeInclusive};

use bellwether_domain::period::Grain;
use bellwether_domain::settings::Settings;
use bellwether_domain::{Instant, Result};

use super::axes::Periods;
use super::check::{Checked, check};
use super::groups::{has_owners, holder};
use super::periods::spans;
use super::plan::{dimensions, policy};
use super::scope::{Caller, tables};
use super::settle::ranking;
use super::when::{Moment, current};
use super::{Ask, Elapsed, periods::Span};
use crate::catalogue::{Catalogue, CurrencyPolicy, Dimension, Entity, Kpi, Measure, Of};
use crate::scan::{Axis, days};
use crate::table::{Column, Dict, Table};

/// How questions are worded here and answers computed. Whatever changes an answer to equal words raises it.
pub const VERSION: u64 = 4;

/// A question under the settings of a tenant.
#[derive(Debug, Clone)]
pub struct Question {
    /// What is asked: equal for questions that differ only in ways that no answer shows.
    pub words: Vec<u8>,
    /// What it reads of the facts.
    pub reads: Reads,
    /// While `now` lies in here the question is the same.
    pub while_now: Range<Instant>,
    /// Equal for questions that cost about the same.
    pub shape: u64,
}

/// What a question reads of the facts, besides settings and what never changes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reads {
    /// Tables and civil days, as the scans prune by.
    pub tables: Vec<(Table, RangeInclusive<i32>)>,
    /// Names or attributes of reps.
    pub reps: bool,
    /// Names or attributes of accounts.
    pub accounts: bool,
    /// Exchange rates.
    pub rates: bool,
    /// Fields that the tenant declared.
    pub declared: bool,
    /// Something that no mark tells of: every change counts.
    pub everything: bool,
}

impl Question {
    /// The question that `ask` is at `now` under these settings; what is known is not part of it.
    ///
    /// # Errors
    /// `NOT_FOUND` for a KPI, `INVALID_ARGUMENT` for dimensions, ranges and fields.
    pub fn new(catalogue: &Catalogue, ask: &Ask, settings: &Settings, now: Instant) -> Result<Self> {
        let checked = check(catalogue, ask, settings)?;
        let by_minute = checked.by_minute();
        let moment = Moment::new(0, settings.clone(), ask, by_minute, now);
        let spans = spans(ask, &moment)?;
        let always = Instant::from_micros(i64::MIN)..Instant::from_micros(i64::MAX);
        let while_now = ask.as_of.map_or_else(
            || {
                let (start, end) = current(settings, by_minute, now);
                start..end
            },
            |_| always,
        );
        Ok(Self {
            words: words(&checked, ask, &moment),
            reads: reads(&checked, ask, &spans, &moment)?,
            while_now,
            shape: shape(&checked, ask.grain, spans.len()),
        })
    }
}

fn words(checked: &Checked<'_>, ask: &Ask, moment: &Moment) -> Vec<u8> {
    let mut words = Words::default();
    words.number(VERSION);
    match &ask.caller {
        Caller::All => words.text(""),
        Caller::Subtree(rep) => {
            words.text("subtree");
            words.text(rep);
        }
        Caller::Own(rep) => {
            words.text("own");
            words.text(rep);
        }
    }
    words.instant(Some(moment.as_of));
    // Days and instants are one here: an answer shows a bound by where it lies, not by how it was asked.
    words.instant(ask.from.map(|from| from.start_in(&moment.settings.zone)));
    words.instant(ask.to.map(|to| to.start_in(&moment.settings.zone)));
    words.text(ask.grain.map_or("", Grain::name));
    words.number(checked.kpis.len() as u64);
    for kpi in &checked.kpis {
        words.text(&kpi.definition.id);
        words.number(kpi.definition.version.into());
        // Should a definition ever change without its version.
        words.text(&format!("{:?}", kpi.definition));
    }
    words.number(u64::from(checked.now));
    top_words(checked, moment, &mut words);
    words.number(checked.group_by.len() as u64);
    checked.group_by.iter().for_each(|one| words.text(one.name()));
    let mut filters: Vec<(Dimension, Vec<&str>)> = Vec::new();
    for (dimension, values) in &checked.filters {
        // The empty name is the missing one.
        let mut values: Vec<&str> = values
            .iter()
            .map(|value| value.as_deref().unwrap_or(""))
            .collect();
        values.sort_unstable();
        values.dedup();
        filters.push((dimension.clone(), values));
    }
    filters.sort_unstable();
    words.number(filters.len() as u64);
    for (dimension, values) in &filters {
        words.text(dimension.name());
        words.number(values.len() as u64);
        values.iter().for_each(|value| words.text(value));
    }
    // What it always was goes without saying.
    if ask.elapsed == Elapsed::WorkingDays {
        words.text("working days");
    }
    words.0
}

fn top_words(checked: &Checked<'_>, moment: &Moment, words: &mut Words) {
    let Some((kpi, top)) = checked.top else {
        words.number(0);
        return;
    };
    words.number(top.most as u64);
    words.text(&format!("{:?}", kpi.definition));
    words.number(u64::from(top.range.is_some()));
    let (from, to) = top.range.unwrap_or_default();
    for bound in [from, to] {
        words.instant(bound.map(|at| at.start_in(&moment.settings.zone)));
    }
}

/// The axes are those of the plan, so what is left out here is what the scans leave out.
fn reads(checked: &Checked<'_>, ask: &Ask, own: &[Span], moment: &Moment) -> Result<Reads> {
    let mut reads = Reads {
        reps: matches!(checked.caller, Caller::Subtree(_)),
        ..Reads::default()
    };
    let mut axes = Axes::default();
    for kpi in &checked.kpis {
        reads.note_kpi(kpi, checked, own, moment, &mut axes);
    }
    if let (Some((kpi, _)), Some(ranking)) = (checked.top, ranking(ask, checked, moment)) {
        reads.note_kpi(kpi, checked, &spans(&ranking, moment)?, moment, &mut axes);
    }
    if axes.iter().any(|known| known.0 == Table::Ramps) {
        // Any win and quota of a rep's first years may tell when it was reached.
        let always = i32::MIN..=i32::MAX;
        let sources = [Table::Credits, Table::Quotas, Table::Employment];
        reads.tables.extend(sources.map(|table| (table, always.clone())));
        reads.rates = true;
    }
    for table in Table::ALL {
        let own = axes.iter().filter(|known| known.0 == table).map(|known| &known.2);
        reads.tables.extend(days(own).map(|days| (table, days)));
    }
    Ok(reads)
}

/// Tables, in which periods, and how their rows find those.
type Axes = Vec<(Table, Periods, Axis)>;

impl Reads {
    fn note_kpi(
        &mut self,
        kpi: &Kpi,
        checked: &Checked<'_>,
        spans: &[Span],
        moment: &Moment,
        axes: &mut Axes,
    ) {
        for rows in kpi.measures.iter().flat_map(Measure::rows) {
            let (table, periods) = (rows.table, Periods::of(rows));
            axes.push((table, periods, periods.axis(spans, moment)));
            self.rates |= policy(rows) != CurrencyPolicy::None;
            // Merges of accounts say which are one.
            self.accounts |= rows.code == Some(Column::Account);
            // A tree of teams says whose quota takes the place of whose.
            self.reps |= rows.leaves.is_some();
            // Who owns a closed deal now no row tells.
            self.everything |= checked.now && has_owners(table);
        }
        let folded = |measure: &Measure| match &measure.of {
            Of::Entities(entities) => matches!(entities.entity, Entity::Account | Entity::Customer),
            Of::Rows(_) => false,
        };
        self.accounts |= kpi.measures.iter().any(folded);
        let dimensions = dimensions(kpi, checked);
        let filters = checked.filters.iter().map(|(dimension, _)| dimension);
        for dimension in dimensions.iter().chain(filters) {
            self.note(dimension, &tables(kpi), moment);
        }
    }

    fn note(&mut self, dimension: &Dimension, tables: &[Table], moment: &Moment) {
        let told_of = dimension.told_of();
        self.reps |= matches!(told_of, Some(Dict::Rep | Dict::Team));
        self.accounts |= told_of == Some(Dict::Account);
        if let Some(field) = dimension.field() {
            self.declared = true;
            let held = |table: &Table| holder(*table, field, &moment.settings).map(|(_, dict)| dict);
            // Accounts that were merged away have the fields of those that are left.
            self.accounts |= tables.iter().filter_map(held).any(|dict| dict == Dict::Account);
        }
    }
}

fn shape(checked: &Checked<'_>, grain: Option<Grain>, periods: usize) -> u64 {
    let mut hasher = DefaultHasher::new();
    checked
        .kpis
        .iter()
        .for_each(|kpi| kpi.definition.id.hash(&mut hasher));
    checked.group_by.hash(&mut hasher);
    checked
        .filters
        .iter()
        .for_each(|(dimension, _)| dimension.hash(&mut hasher));
    (grain.map(Grain::name), periods.ilog2()).hash(&mut hasher);
    hasher.finish()
}

/// Words, each after its length, so that no two lists run into the same bytes.
#[derive(Debug, Default)]
struct Words(Vec<u8>);

impl Words {
    fn number(&mut self, number: u64) {
        self.0.extend_from_slice(&number.to_le_bytes());
    }

    fn text(&mut self, text: &str) {
        self.number(text.len() as u64);
        self.0.extend_from_slice(text.as_bytes());
    }

    fn instant(&mut self, at: Option<Instant>) {
        self.number(u64::from(at.is_some()));
        self.0
            .extend_from_slice(&at.map_or(0, |at| at.as_micros()).to_le_bytes());
    }
}
