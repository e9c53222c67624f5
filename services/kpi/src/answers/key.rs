//! The key of an answer: everything that it depends on. Equal keys mean equal answers, on any replica and after any
//! restart, so no time-to-live decides what is right.
//!
//! Of the code that answers, a key knows the program's version, `FACTS_VERSION` of `checkpoint` (what facts say) and
//! `VERSION` of `query::question` (how an answer comes from them). Replicas of two builds may share a cache: whoever
//! changes what an answer to equal words over an equal log is raises the constant of the room changed, in the same commit.

use std::fmt;

use bellwether_domain::{Position, Result};

use crate::catalogue::Catalogue;
use crate::checkpoint::FACTS_VERSION;
use crate::query::{Ask, Question, Reads, known_seq};
use crate::tenant::{Mark, Marks, TenantFacts};
use bellwether_domain::Instant;

/// A key.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct AnswerKey([u8; 32]);

impl AnswerKey {
    /// Its bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for AnswerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", blake3::Hash::from_bytes(self.0).to_hex())
    }
}

/// Who asks what.
#[derive(Debug, Clone, Copy)]
pub struct Asker<'a> {
    /// The tenant.
    pub tenant: &'a str,
    /// Which rows the caller may see, in words that are equal only for equal scopes.
    pub scope: &'a str,
}

/// A question of a caller under a tenant's settings: all of the key but what the facts say.
#[derive(Debug, Clone)]
pub struct Asked {
    digest: [u8; 32],
    settled: Mark,
    /// The change after which the definitions are those of the question, whose words have what they say.
    defined: Mark,
    /// The question.
    pub question: Question,
}

impl Asked {
    /// The question, under the settings that the change `settled` made.
    #[must_use]
    pub fn new(asker: Asker<'_>, settled: Mark, question: Question) -> Self {
        let mut hasher = blake3::Hasher::new();
        for text in [asker.tenant, asker.scope] {
            hasher.update(&(text.len() as u64).to_le_bytes());
            hasher.update(text.as_bytes());
        }
        // Releases never share answers, even if a change of one was forgotten in the versions of its rooms.
        hasher.update(env!("CARGO_PKG_VERSION").as_bytes());
        hasher.update(&[0]);
        hasher.update(&FACTS_VERSION.to_le_bytes());
        update(&mut hasher, settled);
        hasher.update(&question.words);
        Self {
            digest: *hasher.finalize().as_bytes(),
            settled,
            defined: Mark::default(),
            question,
        }
    }

    /// The same question, resolved by the definitions that stand since the change `defined`.
    #[must_use]
    pub fn under(self, defined: Mark) -> Self {
        Self { defined, ..self }
    }

    /// Whether it is this question still.
    #[must_use]
    pub fn stands(&self, marks: &Marks, now: Instant) -> bool {
        (self.settled, self.defined) == (marks.settled, marks.defined)
            && self.question.while_now.contains(&now)
    }

    /// The key of its answer in an epoch when `last` is the last change that touched anything it reads.
    #[must_use]
    pub fn key(&self, epoch: u64, last: Mark) -> AnswerKey {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&self.digest);
        hasher.update(&epoch.to_le_bytes());
        update(&mut hasher, last);
        AnswerKey(*hasher.finalize().as_bytes())
    }
}

fn update(hasher: &mut blake3::Hasher, mark: Mark) {
    hasher.update(&mark.seq.to_le_bytes());
    hasher.update(&mark.recorded_at.to_le_bytes());
}

/// The last change that touched anything of these.
#[must_use]
pub fn last(marks: &Marks, reads: &Reads) -> Mark {
    let tables = reads.tables.iter().map(|(table, days)| marks.table(*table, days));
    let others = [
        (reads.reps, marks.reps),
        (reads.accounts, marks.accounts),
        (reads.rates, marks.rates),
        (reads.declared, marks.declared),
        (reads.everything, marks.head()),
    ];
    let others = others.into_iter().filter_map(|(read, mark)| read.then_some(mark));
    tables.chain(others).max().unwrap_or_default()
}

/// An answer's place: its key, and how far the facts that it stands on reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The key.
    pub key: AnswerKey,
    /// What was known.
    pub position: Position,
    /// When the change at the position was recorded.
    pub recorded_at: Option<Instant>,
}

impl Place {
    /// The place of what is known at the marks' position.
    #[must_use]
    pub fn at_head(marks: &Marks, asked: &Asked) -> Self {
        Self {
            key: asked.key(marks.position.epoch, last(marks, &asked.question.reads)),
            position: marks.position,
            recorded_at: marks.recorded_at,
        }
    }
}

/// A question about facts as they stand, and its place.
///
/// # Errors
/// As [`crate::query::answer`], for what can be told without reading records.
pub fn locate(
    facts: &TenantFacts,
    catalogue: &Catalogue,
    asker: Asker<'_>,
    ask: &Ask,
    now: Instant,
) -> Result<(Asked, Place)> {
    let seq = known_seq(facts, ask, now)?;
    let question = Question::new(catalogue, ask, facts.settings(seq), now)?;
    let asked = Asked::new(asker, facts.mark(facts.settings_version(seq)), question);
    // What was known at `seq` is what was known at the last touch, or at `seq` itself when that came later.
    let last = last(&facts.marks(), &asked.question.reads).min(facts.mark(seq));
    let epoch = facts.position().epoch;
    let place = Place {
        key: asked.key(epoch, last),
        position: Position { epoch, seq },
        recorded_at: facts.recorded_at(seq),
    };
    Ok((asked, place))
}
