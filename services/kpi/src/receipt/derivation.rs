//! By what a value is made from the records: definition, facts, questions, program, settings.

use bellwether_contracts::kpi::DerivationChange;

use crate::catalogue::Kpi;
use crate::checkpoint::FACTS_VERSION;
use crate::query::VERSION;

/// The versions of all that a value depends on besides the records.
#[derive(Clone, PartialEq, Eq, prost::Message)]
pub(crate) struct Derivation {
    /// The version of the definition; 0 = there is none.
    #[prost(uint32, tag = "1")]
    definition: u32,
    /// A digest of the definition, should it ever change without its version.
    #[prost(bytes = "vec", tag = "2")]
    digest: Vec<u8>,
    /// What facts say.
    #[prost(uint64, tag = "3")]
    facts: u64,
    /// How values come from facts.
    #[prost(uint64, tag = "4")]
    questions: u64,
    /// The program.
    #[prost(string, tag = "5")]
    program: String,
    /// The change that made the tenant's settings.
    #[prost(uint64, tag = "6")]
    settings: u64,
}

impl Derivation {
    /// How this program computes a KPI under the settings that a change made.
    pub(crate) fn new(kpi: Option<&Kpi>, settings: u64) -> Self {
        let digest = |kpi: &Kpi| blake3::hash(format!("{:?}", kpi.definition).as_bytes());
        Self {
            definition: kpi.map_or(0, |kpi| kpi.definition.version),
            digest: kpi.map_or_else(Vec::new, |kpi| digest(kpi).as_bytes()[..8].to_vec()),
            facts: u64::from(FACTS_VERSION),
            questions: VERSION,
            program: env!("CARGO_PKG_VERSION").to_owned(),
            settings,
        }
    }

    /// What is another one now.
    pub(crate) fn changes(&self, now: &Self) -> Vec<DerivationChange> {
        let definition = |one: &Self| match one.definition {
            0 => "none".to_owned(),
            version => format!("{version} ({})", hex(&one.digest)),
        };
        let versions = |one: &Self| {
            [
                ("definition", definition(one)),
                ("facts", one.facts.to_string()),
                ("questions", one.questions.to_string()),
                ("program", one.program.clone()),
                ("settings", one.settings.to_string()),
            ]
        };
        let both = versions(self).into_iter().zip(versions(now));
        both.filter(|(given, now)| given != now)
            .map(|((what, given), (_, now))| DerivationChange {
                what: what.to_owned(),
                given,
                now,
            })
            .collect()
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
