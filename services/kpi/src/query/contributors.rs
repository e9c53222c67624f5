//! The records behind a value: what each of them is of every measure that the formula names.

use std::collections::BTreeMap;
use std::sync::Arc;

use bellwether_domain::exact::Exact;
use bellwether_domain::{Instant, Result};

use super::money::Rates;
use super::reader::{Part, Reader};
use super::settle::settle;
use super::{Ask, Named, answer, periods, plan};
use crate::catalogue::{Aggregate, Catalogue, Kpi, Of};
use crate::scan::FactSource;
use crate::table::Dict;

/// The records behind a value.
#[derive(Debug, Clone)]
pub struct Contributors {
    /// Up to when events counted, exclusive.
    pub as_of: Instant,
    /// The largest first, then by id.
    pub list: Vec<Contributor>,
}

/// A record, and what it is of a value.
#[derive(Debug, Clone, PartialEq)]
pub struct Contributor {
    /// What it is: the dictionary of its id.
    pub kind: Dict,
    /// Its id.
    pub id: Arc<str>,
    /// What it is called, where that is known and another.
    pub name: Option<Arc<str>>,
    /// What it adds to a value that is a count or a sum, before that is rounded; `None` = nothing, or the value is none.
    pub contribution: Option<Exact>,
    /// What it is of each measure that the formula names: `None` = it lacks an amount, or is none of those counted.
    pub parts: Vec<(Arc<str>, Option<Exact>)>,
}

/// The records behind the value of a question about one KPI and one period for the group of these names, largest first,
/// then by id; `None` = there is no group of such names, or there are more periods. Contributions sum to the value.
///
/// # Errors
/// As [`super::answer()`].
pub fn contributors(
    source: &dyn FactSource,
    catalogue: &Catalogue,
    ask: &Ask,
    group: &[Named],
    now: Instant,
    threads: usize,
) -> Result<Option<Contributors>> {
    let (checked, moment) = settle(source, catalogue, ask, now, threads)?;
    let spans = periods::spans(ask, &moment)?;
    let [kpi] = checked.kpis.as_slice() else {
        return Ok(None);
    };
    let plan = plan::by_record(source, &checked, &moment, &spans)?;
    let used = &plan.uses[0];
    let Some(cell) = answer::group_of(&plan, &used.dimensions, group).filter(|_| spans.len() == 1) else {
        return Ok(None);
    };
    let counts = plan.run(source, &moment, threads)?;
    let reader = Reader {
        used,
        plan: &plan,
        spans: &spans,
        counts: &counts,
        rates: &Rates::new(source, &moment),
        exponent: moment.settings.currency.exponent(),
    };
    let named = kpi.formula.measures();
    let parts = named
        .iter()
        .map(|index| reader.part(*index, cell))
        .collect::<Result<Vec<_>>>()?;
    let adds = kpi.formula.single().is_some_and(|index| adds(kpi, index));
    let found = gather(&parts);
    let labels = Labels::new(source, moment.seq, &found);
    let names = named
        .iter()
        .map(|index| kpi.definition.measures[*index].name.as_str().into());
    let names: Vec<Arc<str>> = names.collect();
    let contributor = |((kind, code), values): ((Dict, u32), Vec<Option<Exact>>)| Contributor {
        kind,
        id: source.dictionary(kind).name(code).into(),
        name: labels.name(source, kind, code),
        contribution: values.first().cloned().flatten().filter(|_| adds),
        parts: names.iter().cloned().zip(values).collect(),
    };
    let mut list: Vec<Contributor> = found.into_iter().map(contributor).collect();
    list.sort_by(|one, other| {
        let larger = part_values(other).cmp(part_values(one));
        larger.then_with(|| (one.kind, &one.id).cmp(&(other.kind, &other.id)))
    });
    Ok(Some(Contributors {
        as_of: moment.as_of,
        list,
    }))
}

fn part_values(one: &Contributor) -> impl Iterator<Item = &Option<Exact>> {
    one.parts.iter().map(|(_, value)| value)
}

/// Whether the values of records add up to that of the measure.
fn adds(kpi: &Kpi, index: usize) -> bool {
    let aggregate = match &kpi.measures[index].of {
        Of::Rows(rows) => rows.aggregate,
        Of::Entities(entities) => entities.aggregate,
    };
    matches!(
        aggregate,
        Aggregate::Count
            | Aggregate::Sum
            | Aggregate::Spread
            | Aggregate::WorkingDays
            | Aggregate::Started
            | Aggregate::Matured
            | Aggregate::Converted
    )
}

/// What each record is of each part, in order; of a part of other records it is nothing.
fn gather(parts: &[Part]) -> BTreeMap<(Dict, u32), Vec<Option<Exact>>> {
    let mut found: BTreeMap<(Dict, u32), Vec<Option<Exact>>> = BTreeMap::new();
    for (place, part) in parts.iter().enumerate() {
        for (code, value) in &part.values {
            let kind = part.kind;
            let values = found.entry((kind, *code)).or_insert_with(|| {
                let none = |part: &Part| part.none.clone().filter(|_| part.kind == kind);
                parts.iter().map(none).collect()
            });
            values[place].clone_from(value);
        }
    }
    found
}

/// What records are called.
struct Labels(BTreeMap<Dict, Vec<Arc<str>>>);

impl Labels {
    fn new(source: &dyn FactSource, seq: u64, found: &BTreeMap<(Dict, u32), Vec<Option<Exact>>>) -> Self {
        let mut known = BTreeMap::new();
        for (kind, _) in found.keys() {
            if matches!(kind, Dict::Rep | Dict::Account) {
                known
                    .entry(*kind)
                    .or_insert_with(|| source.display_names(*kind, seq));
            }
        }
        Self(known)
    }

    fn name(&self, source: &dyn FactSource, kind: Dict, code: u32) -> Option<Arc<str>> {
        let name = self.0.get(&kind)?.get(code as usize)?;
        (**name != *source.dictionary(kind).name(code)).then(|| Arc::clone(name))
    }
}
