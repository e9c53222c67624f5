//! How a change of the log changes the state.

use std::collections::HashMap;
use std::sync::Arc;

use bellwether_domain::record::{Body, Opportunity, OpportunityType};
use bellwether_domain::settings::{Settings, StageClass};
use bellwether_domain::{Error, ErrorCode, ErrorReason, Money, Position, RecordKind, Result};

use super::input::Content;
use super::people::People;
use super::{DICTIONARIES, Dictionary, Input, TenantFacts, codec};
use super::{deals::DealLog, rates::Rates, store::FactStore};
use crate::facts::{self, Amount, Deal, Key, Line, Meaning, Rules, Version};
use crate::table::Dict;

impl Default for TenantFacts {
    /// A tenant of whom nothing is known, before the first change of its log.
    fn default() -> Self {
        let mut dictionaries: [Dictionary; DICTIONARIES] = std::array::from_fn(|_| Dictionary::new());
        for class in [StageClass::Won, StageClass::Lost, StageClass::NoDecision] {
            let code = dictionaries[Dict::Outcome as usize].intern(class.name());
            debug_assert_eq!(code, facts::outcome_code(class));
        }
        use OpportunityType::{CrossSell, Expansion, New, Renewal};
        for kind in [New, Expansion, CrossSell, Renewal] {
            dictionaries[Dict::Type as usize].intern(kind.name());
        }
        Self {
            position: Position::default(),
            recorded: Vec::new(),
            settings: vec![(0, Arc::default())],
            dictionaries,
            store: FactStore::default(),
            deals: DealLog::default(),
            people: People::default(),
            rates: Rates::default(),
            meanings: HashMap::new(),
            kept: Vec::new(),
        }
    }
}

impl TenantFacts {
    /// Nothing yet of the log of an epoch.
    #[must_use]
    pub fn of_epoch(epoch: u64) -> Self {
        Self {
            position: Position { epoch, seq: 0 },
            ..Self::default()
        }
    }

    /// Takes the next change in. One that was taken before is passed over.
    ///
    /// # Errors
    /// `INTERNAL` when changes were left out before it, `RESOURCE_EXHAUSTED` when there are more changes or rows than
    /// fit. The state is then not to be used any more.
    pub fn apply(&mut self, input: &Input) -> Result<()> {
        let seq = input.seq();
        if seq <= self.position.seq {
            return Ok(());
        }
        if seq != self.position.seq + 1 {
            let message = format!(
                "change {seq} came after {}: the feed has a gap",
                self.position.seq
            );
            return Err(Error::internal(message));
        }
        let short = u32::try_from(seq).map_err(|_| {
            let message = "the log is longer than the 4 billion changes that facts are kept of";
            Error::new(ErrorCode::ResourceExhausted, ErrorReason::StorageFull, message)
        })?;
        self.position.seq = seq;
        self.recorded.push(input.recorded_at);
        match &input.content {
            Content::Record(body) => match &**body {
                Body::Opportunity(deal) => self.deal(&input.id, input.key, Some(deal), short)?,
                body => self.entity(input, Some(body)),
            },
            Content::Tombstone(RecordKind::Opportunity) => self.deal(&input.id, input.key, None, short)?,
            Content::Tombstone(_) => self.entity(input, None),
            Content::Settings(settings) => {
                if self.note_settings(seq, settings) {
                    self.derive_all(short)?;
                }
            }
            Content::Other => {}
        }
        if let Some(message) = &input.message {
            codec::unsigned(message.len() as u64, &mut self.kept);
            self.kept.extend_from_slice(message);
        }
        Ok(())
    }

    /// Takes in a change that was kept by a checkpoint, which has the facts already.
    pub(super) fn recall(&mut self, input: &Input) {
        match &input.content {
            Content::Record(body) => self.entity(input, Some(body)),
            Content::Tombstone(_) => self.entity(input, None),
            Content::Settings(settings) => {
                self.note_settings(input.seq(), settings);
            }
            Content::Other => {}
        }
    }

    fn dict(&mut self, dict: Dict) -> &mut Dictionary {
        &mut self.dictionaries[dict as usize]
    }

    fn code(&mut self, dict: Dict, name: Option<&String>) -> u32 {
        name.map_or(0, |name| self.dict(dict).intern(name))
    }

    fn amount(&mut self, amount: Option<Money>) -> Option<Amount> {
        let amount = amount?;
        let currency = self.dict(Dict::Currency).intern(amount.currency.code());
        Some(Amount {
            minor: amount.minor,
            currency,
        })
    }

    /// A rep, team, account or rate; `None` = it is taken back.
    fn entity(&mut self, input: &Input, body: Option<&Body>) {
        let key = input.key;
        let id = input.id.as_str();
        let kind = match (&input.content, body) {
            (Content::Tombstone(kind), _) => *kind,
            (_, Some(Body::Rep(_))) => RecordKind::Rep,
            (_, Some(Body::Team(_))) => RecordKind::Team,
            (_, Some(Body::Account(_))) => RecordKind::Account,
            (_, Some(Body::FxRate(_))) => RecordKind::FxRate,
            _ => return,
        };
        let rep_code = if kind == RecordKind::Rep {
            self.dict(Dict::Rep).intern(id)
        } else {
            0
        };
        let account_code = if kind == RecordKind::Account {
            self.dict(Dict::Account).intern(id)
        } else {
            0
        };
        let mut words = std::mem::take(self.dict(Dict::Attribute));
        let reps = &self.dictionaries[Dict::Rep as usize];
        match kind {
            RecordKind::Rep => {
                let rep = body.and_then(|body| {
                    if let Body::Rep(rep) = body {
                        Some(rep)
                    } else {
                        None
                    }
                });
                self.people.add_rep((rep_code, id), key, rep, &mut words, reps);
            }
            RecordKind::Team => {
                let team = body.and_then(|body| {
                    if let Body::Team(team) = body {
                        Some(team)
                    } else {
                        None
                    }
                });
                self.people.add_team(id, key, team, &mut words, reps);
            }
            RecordKind::Account => {
                let account = body.and_then(|body| {
                    if let Body::Account(one) = body {
                        Some(one)
                    } else {
                        None
                    }
                });
                self.people.add_account(account_code, key, account, &mut words);
            }
            RecordKind::FxRate => {
                let rate = body.and_then(|body| {
                    if let Body::FxRate(rate) = body {
                        Some(rate)
                    } else {
                        None
                    }
                });
                self.rates.add(id, key, rate.cloned());
            }
            _ => {}
        }
        *self.dict(Dict::Attribute) = words;
    }

    /// A version of a deal; `None` = a tombstone.
    fn deal(&mut self, id: &str, key: Key, deal: Option<&Opportunity>, seq: u32) -> Result<()> {
        let code = self.dict(Dict::Deal).intern(id);
        let deal = deal.map(|deal| self.coded(deal));
        if let Some(deal) = &deal {
            self.note_stages(deal);
        }
        self.deals.add(code, &Version { key, deal });
        self.derive(code, seq, &mut Vec::new())
    }

    /// Derives the facts of a deal from all of its versions; `rows` is room to work in.
    fn derive(&mut self, deal: u32, seq: u32, rows: &mut Vec<facts::Row>) -> Result<()> {
        let mut versions = self.deals.versions(deal);
        let Some(first) = versions.iter().map(|version| version.key.2).min() else {
            return Ok(());
        };
        let first_recorded = self.recorded_at(first).map_or(0, |at| at.as_micros());
        let settings = &self.settings[self.settings.len() - 1].1;
        let default = settings.pipeline("").map_or("", |pipeline| &pipeline.id);
        let rules = Rules {
            zone: &settings.zone,
            default_pipeline: self.dictionary(Dict::Pipeline).code(default).unwrap_or(0),
            meanings: &self.meanings,
        };
        rows.clear();
        facts::derive(&mut versions, deal, first_recorded, &rules, rows);
        self.store.replace(deal, rows, seq, self.mark(u64::from(seq)))
    }

    fn derive_all(&mut self, seq: u32) -> Result<()> {
        let mut rows = Vec::new();
        (1..self.deals.end()).try_for_each(|deal| self.derive(deal, seq, &mut rows))
    }

    /// Puts settings in force; whether facts depend on what changed.
    fn note_settings(&mut self, seq: u64, settings: &Settings) -> bool {
        let before = &self.settings[self.settings.len() - 1].1;
        let matters = before.zone != settings.zone || before.pipelines != settings.pipelines;
        self.settings.push((seq, Arc::new(settings.clone())));
        if let Some(pipeline) = settings.pipeline("") {
            self.dict(Dict::Pipeline).intern(&pipeline.id);
        }
        let stages: Vec<(u32, u32)> = self.meanings.keys().copied().collect();
        for (pipeline, stage) in stages {
            self.note_stage(pipeline, stage);
        }
        matters
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
        let meaning = Meaning {
            class: settings.stage_class(name, stage_name),
            qualifies: settings.stage_qualifies(name, stage_name),
        };
        self.meanings.insert((pipeline, stage), meaning);
    }

    fn coded(&mut self, deal: &Opportunity) -> Deal {
        let lines = deal.lines.iter().map(|line| Line {
            product: self.dict(Dict::Product).intern(&line.product),
            family: self.code(Dict::ProductFamily, line.product_family.as_ref()),
            units: millionths(&line.units),
            amount: self.amount(line.amount),
        });
        let lines = lines.collect();
        let stages = deal.stage_history.iter();
        let stages = stages
            .map(|entry| (entry.at, self.dict(Dict::Stage).intern(&entry.stage)))
            .collect();
        let amounts = deal.amount_history.iter();
        let amounts = amounts
            .map(|entry| (entry.at, self.amount(entry.amount)))
            .collect();
        let owners = deal.owner_history.iter();
        let owners = owners
            .map(|entry| (entry.at, self.dict(Dict::Rep).intern(&entry.owner_id)))
            .collect();
        let kind = deal.opportunity_type.map_or("", OpportunityType::name);
        Deal {
            account: self.code(Dict::Account, deal.account_id.as_ref()),
            owner: self.code(Dict::Rep, deal.owner_id.as_ref()),
            source: self.code(Dict::Source, deal.source.as_ref()),
            campaign: self.code(Dict::Campaign, deal.campaign.as_ref()),
            opportunity_type: self.dict(Dict::Type).intern(kind),
            pipeline: self.dict(Dict::Pipeline).intern(&deal.pipeline),
            stage: self.dict(Dict::Stage).intern(&deal.stage),
            loss_reason: self.code(Dict::LossReason, deal.loss_reason.as_ref()),
            amount: self.amount(deal.amount),
            created: deal.created,
            qualified: deal.qualified,
            closed: deal.closed,
            lines,
            stages,
            amounts,
            owners,
        }
    }
}

/// A positive decimal text of at most 6 decimals as millionths; no text is one unit.
fn millionths(units: &str) -> i64 {
    if units.is_empty() {
        return 1_000_000;
    }
    let (whole, fraction) = units.split_once('.').unwrap_or((units, ""));
    let digits = format!("{whole}{fraction:0<6.6}");
    digits.parse().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::millionths;

    #[test]
    fn units_are_exact() {
        let cases = [
            ("1", 1_000_000),
            ("", 1_000_000),
            ("2.5", 2_500_000),
            (".000001", 1),
            ("9999999999", 9_999_999_999_000_000),
        ];
        assert!(cases.iter().all(|(text, units)| millionths(text) == *units));
    }
}
