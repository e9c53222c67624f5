//! What the tenant means by its numbers and wants of them: own KPIs, targets and scorecards, as known at any sequence number.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, OnceLock};

use bellwether_domain::record::{Body, KpiDefinition, Scorecard, Target};

use super::history::History;
use crate::facts::Key;

/// A record of the plan as one of its versions has it.
#[derive(Debug)]
pub struct Planned<T> {
    /// Its id; of a KPI the KPI's.
    pub id: Arc<str>,
    /// What the version says.
    pub says: Arc<T>,
    /// The change that made the version.
    pub seq: u64,
    /// The change that made the first version that there ever was.
    pub since: u64,
    /// Which meaning it is, from 1 in the order of the log: versions that follow each other and mean the same share it.
    pub version: u32,
}

// Whatever the record is, only its pointer is copied.
impl<T> Clone for Planned<T> {
    fn clone(&self) -> Self {
        Self {
            id: Arc::clone(&self.id),
            says: Arc::clone(&self.says),
            ..*self
        }
    }
}

/// The definitions of KPIs that stand at a sequence number, by id, and a digest of what they say.
#[derive(Debug, Clone, Default)]
pub struct Definitions {
    /// Equal for equal definitions of equal versions.
    pub digest: [u8; 32],
    /// Each KPI that there is a record of, by id.
    pub kpis: Vec<Planned<KpiDefinition>>,
}

impl PartialEq for Definitions {
    fn eq(&self, other: &Self) -> bool {
        self.digest == other.digest
    }
}

impl Definitions {
    /// `texts` has the digest of what each change says.
    fn new(kpis: Vec<Planned<KpiDefinition>>, texts: &HashMap<u64, [u8; 32]>) -> Self {
        if kpis.is_empty() {
            return Self::default();
        }
        let mut hasher = blake3::Hasher::new();
        for one in &kpis {
            // Changes tell versions of one record apart; the text makes two tenants' equal only when they are.
            hasher.update(&texts.get(&one.seq).copied().unwrap_or_default());
            hasher.update(&one.seq.to_le_bytes());
            hasher.update(&one.since.to_le_bytes());
            hasher.update(&one.version.to_le_bytes());
        }
        Self {
            digest: *hasher.finalize().as_bytes(),
            kpis,
        }
    }

    /// The record of a KPI.
    #[must_use]
    pub fn kpi(&self, id: &str) -> Option<&Planned<KpiDefinition>> {
        let found = self.kpis.binary_search_by(|one| (*one.id).cmp(id));
        found.ok().map(|at| &self.kpis[at])
    }
}

/// A digest of what a version of a KPI's record says.
fn digest(id: &str, says: &KpiDefinition) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    for text in [id, &format!("{says:?}")] {
        hasher.update(&(text.len() as u64).to_le_bytes());
        hasher.update(text.as_bytes());
    }
    *hasher.finalize().as_bytes()
}

/// The versions of the records of one kind.
#[derive(Debug)]
struct Records<T> {
    by_id: BTreeMap<Arc<str>, Record<T>>,
}

impl<T> Default for Records<T> {
    fn default() -> Self {
        Self {
            by_id: BTreeMap::new(),
        }
    }
}

#[derive(Debug)]
struct Record<T> {
    history: History<Planned<T>>,
    /// The latest version in the order of the log.
    latest: Option<Planned<T>>,
}

impl<T> Records<T> {
    /// A change of a record; `None` = it is taken back. `same` says whether two versions mean the same.
    fn add(&mut self, id: &str, key: Key, says: Option<T>, same: impl Fn(&T, &T) -> bool) {
        let record = self.by_id.entry(Arc::from(id)).or_insert_with(|| Record {
            history: History::default(),
            latest: None,
        });
        let stated = says.map(|says| {
            let before = record.latest.as_ref();
            let version = before.map_or(1, |before| before.version + u32::from(!same(&before.says, &says)));
            Planned {
                id: Arc::from(id),
                says: Arc::new(says),
                seq: key.2,
                since: before.map_or(key.2, |before| before.since),
                version,
            }
        });
        if let Some(stated) = &stated {
            record.latest = Some(stated.clone());
        }
        record.history.add(key, stated);
    }

    fn at(&self, seq: u64) -> impl Iterator<Item = &Planned<T>> {
        self.by_id
            .values()
            .filter_map(move |record| record.history.newest(seq))
    }

    fn get(&self, id: &str, seq: u64) -> Option<&Planned<T>> {
        self.by_id.get(id)?.history.newest(seq)
    }

    fn versions(&self, id: &str, seq: u64) -> Vec<&Planned<T>> {
        let states = self
            .by_id
            .get(id)
            .into_iter()
            .flat_map(|record| record.history.states());
        states.filter(|one| one.seq <= seq).collect()
    }
}

/// All records of the plan, with all their versions.
#[derive(Debug, Default)]
pub(crate) struct PlanBook {
    kpis: Records<KpiDefinition>,
    targets: Records<Target>,
    scorecards: Records<Scorecard>,
    /// By change of a KPI's record the digest of what it says: texts are long, and each is read once.
    texts: HashMap<u64, [u8; 32]>,
    /// The definitions after the last change, once somebody asked for them.
    now: OnceLock<Arc<Definitions>>,
    /// The last change of a definition; 0 = none.
    touched: u64,
}

impl PlanBook {
    /// A change of a KPI's record.
    pub(super) fn add_kpi(&mut self, id: &str, key: Key, body: Option<&Body>) {
        let says = match body {
            Some(Body::KpiDefinition(says)) => Some((**says).clone()),
            _ => None,
        };
        // Who relies on a definition does not change what it means.
        let same = |a: &KpiDefinition, b: &KpiDefinition| a.definition == b.definition;
        if let Some(says) = &says {
            self.texts.insert(key.2, digest(id, says));
        }
        self.kpis.add(id, key, says, same);
        self.touched = key.2;
        self.now = OnceLock::new();
    }

    /// A change of a target's record.
    pub(super) fn add_target(&mut self, id: &str, key: Key, body: Option<&Body>) {
        let says = match body {
            Some(Body::Target(says)) => Some((**says).clone()),
            _ => None,
        };
        self.targets.add(id, key, says, PartialEq::eq);
    }

    /// A change of a scorecard's record.
    pub(super) fn add_scorecard(&mut self, id: &str, key: Key, body: Option<&Body>) {
        let says = match body {
            Some(Body::Scorecard(says)) => Some(says.clone()),
            _ => None,
        };
        self.scorecards.add(id, key, says, PartialEq::eq);
    }

    /// The last change of a definition; 0 = none.
    pub(super) fn touched(&self) -> u64 {
        self.touched
    }

    /// The definitions after the last change.
    pub(super) fn now(&self) -> &Arc<Definitions> {
        self.now.get_or_init(|| self.known(self.touched))
    }

    fn known(&self, seq: u64) -> Arc<Definitions> {
        let kpis = self.kpis.at(seq).cloned().collect();
        Arc::new(Definitions::new(kpis, &self.texts))
    }

    /// The plan as known at `seq`.
    pub(super) fn at(&self, seq: u64) -> Plans<'_> {
        Plans { book: self, seq }
    }
}

/// The plan as known at a sequence number. A version counts from its arrival on: what was meant or wanted in the past is not
/// rewritten by what is meant now, and none is in wait for its day.
#[derive(Debug, Clone, Copy)]
pub struct Plans<'a> {
    book: &'a PlanBook,
    seq: u64,
}

impl<'a> Plans<'a> {
    /// The definitions of KPIs.
    #[must_use]
    pub fn definitions(self) -> Arc<Definitions> {
        if self.seq >= self.book.touched {
            return Arc::clone(self.book.now());
        }
        self.book.known(self.seq)
    }

    /// The record of a KPI.
    #[must_use]
    pub fn kpi(self, id: &str) -> Option<&'a Planned<KpiDefinition>> {
        self.book.kpis.get(id, self.seq)
    }

    /// Every version that the record of a KPI ever had, in the order of the log.
    #[must_use]
    pub fn kpi_versions(self, id: &str) -> Vec<&'a Planned<KpiDefinition>> {
        self.book.kpis.versions(id, self.seq)
    }

    /// The targets, by id.
    pub fn targets(self) -> impl Iterator<Item = &'a Planned<Target>> {
        self.book.targets.at(self.seq)
    }

    /// The target of an id.
    #[must_use]
    pub fn target(self, id: &str) -> Option<&'a Planned<Target>> {
        self.book.targets.get(id, self.seq)
    }

    /// Every version that a target ever had, in the order of the log.
    #[must_use]
    pub fn target_versions(self, id: &str) -> Vec<&'a Planned<Target>> {
        self.book.targets.versions(id, self.seq)
    }

    /// The scorecards, by id.
    pub fn scorecards(self) -> impl Iterator<Item = &'a Planned<Scorecard>> {
        self.book.scorecards.at(self.seq)
    }

    /// The scorecard of an id.
    #[must_use]
    pub fn scorecard(self, id: &str) -> Option<&'a Planned<Scorecard>> {
        self.book.scorecards.get(id, self.seq)
    }

    /// Every version that a scorecard ever had, in the order of the log.
    #[must_use]
    pub fn scorecard_versions(self, id: &str) -> Vec<&'a Planned<Scorecard>> {
        self.book.scorecards.versions(id, self.seq)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kpi(text: &str) -> Option<Body> {
        Some(Body::KpiDefinition(Box::new(KpiDefinition {
            definition: text.to_owned(),
            ..KpiDefinition::default()
        })))
    }

    #[test]
    fn the_plan_stands_as_it_was_known() {
        let mut book = PlanBook::default();
        book.add_kpi("a", (10, 0, 1), kpi("one").as_ref());
        book.add_kpi("b", (10, 0, 2), kpi("other").as_ref());
        book.add_kpi("a", (20, 0, 3), kpi("two").as_ref());
        book.add_kpi("a", (30, 0, 5), kpi("two").as_ref());
        book.add_kpi("b", (20, 0, 6), None);
        book.add_kpi("a", (25, 0, 8), kpi("late").as_ref());
        let told = |seq| {
            let all = book.at(seq).definitions();
            let told = all
                .kpis
                .iter()
                .map(|one| (one.id.to_string(), one.says.definition.clone(), one.version));
            told.collect::<Vec<_>>()
        };
        let one = |id: &str, text: &str, version| (id.to_owned(), text.to_owned(), version);
        assert_eq!(told(0), []);
        assert_eq!(told(2), [one("a", "one", 1), one("b", "other", 1)]);
        assert_eq!(told(5), [one("a", "two", 2), one("b", "other", 1)]);
        assert_eq!(told(7), [one("a", "two", 2)]);
        assert_eq!(told(9), [one("a", "two", 2)], "what comes late is not current");
        assert_eq!(book.touched(), 8);
        let versions: Vec<u32> = book
            .at(9)
            .kpi_versions("a")
            .iter()
            .map(|one| one.version)
            .collect();
        assert_eq!(versions, [1, 2, 2, 3]);
        assert!(book.at(9).kpi("b").is_none() && book.at(4).kpi("b").is_some());
    }

    #[test]
    fn equal_definitions_have_equal_digests_and_others_do_not() {
        let mut book = PlanBook::default();
        let mut digests = vec![book.now().digest];
        for (seq, text) in (1..).zip(["one", "two"]) {
            book.add_kpi("a", (10 + seq, 0, seq.cast_unsigned()), kpi(text).as_ref());
            digests.push(book.now().digest);
        }
        assert_eq!(book.at(1).definitions().digest, digests[1]);
        assert_eq!(book.at(2).definitions().digest, digests[2]);
        digests.dedup();
        assert_eq!(digests.len(), 3);
    }

    #[test]
    fn definitions_are_put_together_when_they_are_asked_for() {
        let mut book = PlanBook::default();
        for (id, seq) in [("b", 1), ("a", 2), ("b", 3)] {
            book.add_kpi(id, (10, 0, seq), kpi(&format!("{seq}")).as_ref());
            assert!(book.now.get().is_none(), "not for each of many changes");
        }
        let now = Arc::clone(book.now());
        assert!(Arc::ptr_eq(&now, &book.at(3).definitions()));
        let since: Vec<(u64, u64)> = now.kpis.iter().map(|one| (one.since, one.seq)).collect();
        assert_eq!(since, [(2, 2), (1, 3)]);
        book.add_kpi("b", (20, 0, 4), None);
        book.add_kpi("b", (30, 0, 5), kpi("3").as_ref());
        let again = book.now().kpi("b").map(|one| (one.since, one.seq));
        assert_eq!(again, Some((1, 5)), "who comes back has its place");
    }
}
