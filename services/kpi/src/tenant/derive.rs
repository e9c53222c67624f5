//! From a version of a record to the rows of everything that it changes.

mod commerce;

use bellwether_domain::record::{Activity, Lead, Opportunity, Quota, Rep};
use bellwether_domain::{Instant, Result};

use super::{Input, TenantFacts, coded};
use crate::facts::{self, Deal, Key, Meaning, Row, Rules, Version};
use crate::table::{Column, Dict, NULL, Table};

/// What changed settings make it necessary to derive anew.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Due {
    /// Everything that a civil day decides, which is everything.
    pub(super) all: bool,
    pub(super) deals: bool,
    pub(super) leads: bool,
}

impl TenantFacts {
    /// A version of a deal; `None` = a tombstone.
    pub(super) fn deal(&mut self, id: &str, key: Key, deal: Option<&Opportunity>, seq: u32) -> Result<()> {
        let code = self.dict(Dict::Deal).intern(id);
        let says = deal.map(|deal| self.coded_deal(deal));
        if let Some(deal) = &says {
            self.note_stages(deal);
        }
        self.logs.deals.add(code, &Version { key, says });
        self.derive_deal(code, seq)
    }

    /// A version of a lead; `None` = a tombstone. Who answers for it, or did so before, is derived anew.
    pub(super) fn lead(&mut self, input: &Input, lead: Option<&Lead>, seq: u32) -> Result<()> {
        let code = self.dict(Dict::Lead).intern(&input.id);
        let says = lead.map(|lead| self.coded_lead(lead));
        let before = self.survivor(code);
        self.logs.leads.add(code, &Version { key: input.key, says });
        self.note_merge(input);
        let now = self.survivor(code);
        self.derive_lead(code, seq)?;
        if before != now {
            let touched = before.into_iter().chain(now);
            touched
                .into_iter()
                .try_for_each(|lead| self.derive_lead(lead, seq))?;
        }
        Ok(())
    }

    /// A version of an activity; `None` = a tombstone. Leads that it named or names are derived anew where it matters.
    pub(super) fn activity(
        &mut self,
        id: &str,
        key: Key,
        activity: Option<&Activity>,
        seq: u32,
    ) -> Result<()> {
        let code = self.dict(Dict::Activity).intern(id);
        let says = activity.map(|activity| self.coded_activity(activity));
        self.logs.activities.add(code, &Version { key, says });
        for (lead, before, now) in self.derive_activity(code, seq)? {
            let lead = self.survivor(lead).unwrap_or(lead);
            let answered = self.answered(lead);
            if answered.is_some_and(|answered| before.min(now) <= answered) {
                self.derive_lead(lead, seq)?;
            }
        }
        Ok(())
    }

    /// A version of a quota; `None` = a tombstone.
    pub(super) fn quota(&mut self, id: &str, key: Key, quota: Option<&Quota>, seq: u32) -> Result<()> {
        let code = self.dict(Dict::Quota).intern(id);
        let says = quota.map(|quota| self.coded_quota(quota));
        self.logs.quotas.add(code, &Version { key, says });
        self.derive_quota(code, seq)
    }

    /// A version of the rep of a code; `None` = a tombstone.
    pub(super) fn employment(&mut self, code: u32, key: Key, rep: Option<&Rep>, seq: u32) -> Result<()> {
        let says = rep.map(|rep| self.coded_employment(rep));
        self.logs.employment.add(code, &Version { key, says });
        self.derive_employment(code, seq)
    }

    /// Derives anew what changed settings have to do with.
    pub(super) fn derive_due(&mut self, due: Due, seq: u32) -> Result<()> {
        if due.all {
            // Leads come after the activities that answer them.
            (1..self.logs.activities.end()).try_for_each(|code| self.derive_activity(code, seq).map(drop))?;
            (1..self.logs.quotas.end()).try_for_each(|code| self.derive_quota(code, seq))?;
            (1..self.logs.employment.end()).try_for_each(|code| self.derive_employment(code, seq))?;
            self.derive_commerce(seq)?;
        }
        if due.all || due.deals {
            (1..self.logs.deals.end()).try_for_each(|code| self.derive_deal(code, seq))?;
        }
        if due.all || due.leads {
            (1..self.logs.leads.end()).try_for_each(|code| self.derive_lead(code, seq))?;
        }
        Ok(())
    }

    fn derive_deal(&mut self, code: u32, seq: u32) -> Result<()> {
        let mut versions = self.logs.deals.versions(code);
        let Some(first) = self.first_recorded(&versions) else {
            return Ok(());
        };
        let mut rows = self.room();
        facts::derive_deal(&mut versions, code, first, &self.rules(), &mut rows);
        self.put((Dict::Deal, code), rows, seq)
    }

    fn derive_lead(&mut self, code: u32, seq: u32) -> Result<()> {
        let mut versions = self.logs.leads.versions(code);
        let Some(first) = self.first_recorded(&versions) else {
            return Ok(());
        };
        let mut rows = self.room();
        let losers = self.merged_leads.losers(code).iter();
        let losers = losers.filter(|loser| self.survivor(**loser) == Some(code));
        let merged = losers.flat_map(|loser| self.touches.answers(*loser));
        let answers = self.touches.answers(code).chain(merged);
        facts::derive_lead(&mut versions, code, first, answers, &self.rules(), &mut rows);
        self.put((Dict::Lead, code), rows, seq)
    }

    /// Gives the leads for which the activity counts otherwise than before, with the instants at which it answered them
    /// before and answers them now; `i64::MAX` = not.
    fn derive_activity(&mut self, code: u32, seq: u32) -> Result<Vec<(u32, i64, i64)>> {
        let mut versions = self.logs.activities.versions(code);
        // The leads that it ever named, and whether an earlier change named them.
        let mut leads: Vec<(u32, bool)> = Vec::new();
        for version in &versions {
            let Some(lead) = version.says.map(|says| says.lead).filter(|lead| *lead != 0) else {
                continue;
            };
            let known = version.key.2 < u64::from(seq);
            match leads.iter_mut().find(|(one, _)| *one == lead) {
                Some(found) => found.1 |= known,
                None => leads.push((lead, known)),
            }
        }
        let mut rows = self.room();
        let newest = facts::derive_activity(&mut versions, code, &self.rules(), &mut rows);
        let at = rows.first().map_or(NULL, Row::valid_from);
        self.put((Dict::Activity, code), rows, seq)?;
        let mut changed = Vec::new();
        for (lead, known) in leads {
            let answers = newest.is_some_and(|says| says.lead == lead && says.answers());
            let now = if answers { at } else { NULL };
            let before = if known {
                self.touches.set(lead, code, now)
            } else {
                self.touches.post(lead, code, now);
                NULL
            };
            if before != now {
                let or_never = |at: i64| if at == NULL { i64::MAX } else { at };
                changed.push((lead, or_never(before), or_never(now)));
            }
        }
        Ok(changed)
    }

    fn derive_quota(&mut self, code: u32, seq: u32) -> Result<()> {
        let mut versions = self.logs.quotas.versions(code);
        let mut rows = self.room();
        facts::derive_quota(&mut versions, code, &self.rules(), &mut rows);
        self.put((Dict::Quota, code), rows, seq)
    }

    fn derive_employment(&mut self, code: u32, seq: u32) -> Result<()> {
        let mut versions = self.logs.employment.versions(code);
        let mut rows = self.room();
        facts::derive_employment(&mut versions, code, &self.rules(), &mut rows);
        self.put((Dict::Rep, code), rows, seq)
    }

    /// Who answers for a lead that was merged away.
    fn survivor(&self, lead: u32) -> Option<u32> {
        let newest = || {
            let versions = self.logs.leads.versions(lead);
            versions.iter().map(|version| version.key).max()
        };
        self.merged_leads.survivor(lead, newest)
    }

    /// When a lead that stands was answered; `i64::MAX` = not yet.
    fn answered(&self, lead: u32) -> Option<i64> {
        let live = &self.store.table(Table::Leads).0;
        let place = live.places(lead).into_iter().next()?;
        let at = live.columns.get(Column::RespondedAt, place);
        Some(if at == NULL { i64::MAX } else { at })
    }

    /// When the first of a record's versions was recorded, microseconds.
    pub(super) fn first_recorded<T>(&self, versions: &[Version<T>]) -> Option<i64> {
        let first = versions.iter().map(|version| version.key.2).min()?;
        Some(self.recorded_at(first).map_or(0, Instant::as_micros))
    }

    /// Room for rows, which [`Self::put`] takes back.
    fn room(&mut self) -> Vec<Row> {
        std::mem::take(&mut self.room)
    }

    fn put(&mut self, record: (Dict, u32), mut rows: Vec<Row>, seq: u32) -> Result<()> {
        let mark = self.mark(u64::from(seq));
        self.store.replace(record, &rows, seq, mark)?;
        rows.clear();
        self.room = rows;
        Ok(())
    }

    pub(super) fn rules(&self) -> Rules<'_> {
        let settings = &self.settings[self.settings.len() - 1].1;
        let default = settings.pipeline("").map_or("", |pipeline| &pipeline.id);
        Rules {
            zone: &settings.zone,
            clock: &self.clock,
            default_pipeline: self.dictionary(Dict::Pipeline).code(default).unwrap_or(0),
            meanings: &self.meanings,
        }
    }

    fn note_stages(&mut self, deal: &Deal) {
        let stages = deal.stages.iter().map(|(_, stage)| *stage);
        for stage in stages.chain([deal.stage]) {
            if !self.meanings.contains_key(&(deal.pipeline, stage)) {
                self.note_stage(deal.pipeline, stage);
            }
        }
    }

    /// Looks up what a stage means under the settings now in force.
    pub(super) fn note_stage(&mut self, pipeline: u32, stage: u32) {
        let settings = &self.settings[self.settings.len() - 1].1;
        let name = self.dictionary(Dict::Pipeline).name(pipeline);
        let stage_name = self.dictionary(Dict::Stage).name(stage);
        let stages = settings
            .pipeline(name)
            .map_or(&[][..], |pipeline| &pipeline.stages);
        let index = stages.iter().position(|one| one.name == stage_name);
        let meaning = Meaning {
            class: settings.stage_class(name, stage_name),
            qualifies: settings.stage_qualifies(name, stage_name),
            index: index.map_or(NULL, |index| i64::try_from(index + 1).unwrap_or(NULL)),
            probability: index
                .and_then(|index| stages[index].probability.as_deref())
                .and_then(coded::chance)
                .map_or(NULL, i64::from),
        };
        self.meanings.insert((pipeline, stage), meaning);
    }
}
