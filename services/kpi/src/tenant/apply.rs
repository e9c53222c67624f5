//! How a change of the log changes the state.

use std::collections::HashMap;
use std::sync::Arc;

use bellwether_domain::record::Body;
use bellwether_domain::settings::Settings;
use bellwether_domain::{BusinessClock, Error, ErrorCode, ErrorReason, Position, RecordKind, Result};

use super::customers::Customers;
use super::declared::Declared;
use super::derive::Due;
use super::input::Content;
use super::people::{People, Vocabulary};
use super::plans::PlanBook;
use super::{Input, TenantFacts, codec, coded};
use super::{merges::Merges, rates::Rates, store::FactStore, touches::Touches, versions::Logs};
use crate::table::Dict;

/// What a body says when it is one of a kind.
macro_rules! says {
    ($body:expr, $kind:ident) => {
        match $body {
            Some(Body::$kind(says)) => Some(says),
            _ => None,
        }
    };
}

impl Default for TenantFacts {
    /// A tenant of whom nothing is known, before the first change of its log.
    fn default() -> Self {
        let settings = Settings::default();
        Self {
            position: Position::default(),
            recorded: Vec::new(),
            clock: BusinessClock::new(&settings),
            settings: vec![(0, Arc::new(settings))],
            dictionaries: coded::dictionaries(),
            store: FactStore::default(),
            logs: Logs::default(),
            touches: Touches::default(),
            merged_leads: Merges::default(),
            customers: Customers::default(),
            people: People::default(),
            declared: Declared::default(),
            rates: Rates::default(),
            plans: PlanBook::default(),
            meanings: HashMap::new(),
            kept: Vec::new(),
            room: Vec::new(),
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
            Content::Record(kind, body) => self.record(input, *kind, Some(body), short)?,
            Content::Tombstone(kind, _) => self.record(input, *kind, None, short)?,
            Content::Settings(settings) => {
                let due = self.note_settings(seq, settings);
                self.derive_due(due, short)?;
            }
            Content::Other => {}
        }
        let noted = self.note_fields(input);
        for message in noted.iter().chain(&input.message) {
            codec::unsigned(message.len() as u64, &mut self.kept);
            self.kept.extend_from_slice(message);
        }
        Ok(())
    }

    /// Takes in a change that was kept by a checkpoint, which has the facts already.
    pub(super) fn recall(&mut self, input: &Input) {
        match &input.content {
            Content::Record(kind, body) => self.entity(input, *kind, Some(body)),
            Content::Tombstone(kind, _) => self.entity(input, *kind, None),
            Content::Settings(settings) => {
                self.note_settings(input.seq(), settings);
            }
            Content::Other => {}
        }
        self.recall_fields(input);
    }

    /// A version of a record; `None` = a tombstone.
    fn record(&mut self, input: &Input, kind: RecordKind, body: Option<&Body>, seq: u32) -> Result<()> {
        let (id, key) = (input.id.as_str(), input.key);
        match kind {
            RecordKind::Opportunity => self.deal(id, key, says!(body, Opportunity).map(|deal| &**deal), seq),
            RecordKind::Lead => self.lead(input, says!(body, Lead), seq),
            RecordKind::Activity => self.activity(id, key, says!(body, Activity), seq),
            RecordKind::Quota => self.quota(id, key, says!(body, Quota), seq),
            RecordKind::Subscription => self.subscription(id, key, says!(body, Subscription), seq),
            RecordKind::Contract => self.contract(id, key, says!(body, Contract), seq),
            RecordKind::Order => self.order(id, key, says!(body, Order), seq),
            RecordKind::Spend => self.spend(id, key, says!(body, Spend), seq),
            RecordKind::MetricSample => self.sample(id, key, says!(body, MetricSample), seq),
            _ => {
                self.entity(input, kind, body);
                if kind != RecordKind::Rep {
                    return Ok(());
                }
                let code = self.dict(Dict::Rep).intern(id);
                self.employment(code, key, says!(body, Rep), seq)
            }
        }
    }

    /// A rep, team, account or rate, or a lead that was merged away; `None` = it is taken back.
    fn entity(&mut self, input: &Input, kind: RecordKind, body: Option<&Body>) {
        let (id, key) = (input.id.as_str(), input.key);
        let code = match kind {
            RecordKind::Rep => self.dict(Dict::Rep).intern(id),
            RecordKind::Account => self.dict(Dict::Account).intern(id),
            _ => 0,
        };
        self.note_merge(input);
        if kind == RecordKind::Account {
            let parent = says!(body, Account).map(|account| account.parent_id.as_deref().unwrap_or_default());
            let parent = parent.map(|parent| self.dict(Dict::Account).intern(parent));
            self.customers.add(code, key, parent);
        }
        let mut attributes = std::mem::take(self.dict(Dict::Attribute));
        let mut teams = std::mem::take(self.dict(Dict::Team));
        let mut words = Vocabulary {
            reps: &self.dictionaries[Dict::Rep as usize],
            attributes: &mut attributes,
            teams: &mut teams,
        };
        match kind {
            RecordKind::Rep => self.people.add_rep((code, id), key, says!(body, Rep), &mut words),
            RecordKind::Team => self.people.add_team(id, key, says!(body, Team), &mut words),
            RecordKind::Account => self
                .people
                .add_account(code, key, says!(body, Account), &mut words),
            RecordKind::FxRate => self.rates.add(id, key, says!(body, FxRate).cloned()),
            RecordKind::KpiDefinition => self.plans.add_kpi(id, key, body),
            RecordKind::Target => self.plans.add_target(id, key, body),
            RecordKind::Scorecard => self.plans.add_scorecard(id, key, body),
            _ => {}
        }
        *self.dict(Dict::Attribute) = attributes;
        *self.dict(Dict::Team) = teams;
    }

    /// Notes who answers for an account or lead that was merged away.
    pub(super) fn note_merge(&mut self, input: &Input) {
        let Content::Tombstone(kind, survivor) = &input.content else {
            return;
        };
        let dict = match kind {
            RecordKind::Account => Dict::Account,
            RecordKind::Lead => Dict::Lead,
            _ => return,
        };
        if survivor.is_empty() {
            return;
        }
        let (loser, survivor) = (
            self.dict(dict).intern(&input.id),
            self.dict(dict).intern(survivor),
        );
        let merges = match kind {
            RecordKind::Account => self.people.merged_accounts(),
            _ => &mut self.merged_leads,
        };
        merges.add(loser, input.key, survivor);
    }

    /// Puts settings in force; what has to be derived anew for them.
    fn note_settings(&mut self, seq: u64, settings: &Settings) -> Due {
        let before = &self.settings[self.settings.len() - 1].1;
        let due = Due {
            all: before.zone != settings.zone,
            deals: before.pipelines != settings.pipelines,
            leads: before.business_hours != settings.business_hours || before.holidays != settings.holidays,
        };
        self.settings.push((seq, Arc::new(settings.clone())));
        if due.all || due.leads {
            self.clock = BusinessClock::new(settings);
        }
        if let Some(pipeline) = settings.pipeline("") {
            self.dict(Dict::Pipeline).intern(&pipeline.id);
        }
        let stages: Vec<(u32, u32)> = self.meanings.keys().copied().collect();
        for (pipeline, stage) in stages {
            self.note_stage(pipeline, stage);
        }
        due
    }
}
