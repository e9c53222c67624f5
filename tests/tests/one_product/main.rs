//! One product in every deployment: the same journey through an embedded process, through separate services over
//! PostgreSQL and Redis, and through two replicas of each, is answered with the same bytes.
//!
//! Where there are replicas, calls take turns between them: what one wrote, another one reads, pages, replays. Left out
//! of the comparison is what time and place make: the epoch of a watermark, `recorded_at` and what equals it, the
//! beginning and end of an import, how an answer was computed (`path`, `path_reason`, `cached`), and when a forecast was
//! made, and its id. Page tokens are opaque: it
//! is compared whether there is one. Everything else, error messages included, must be equal.

mod deployment;
mod journey;
mod transcript;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use deployment::Deployment;
use transcript::Transcript;

/// What a journey left.
struct Done {
    transcript: Transcript,
    /// How often answers were computed in which way.
    paths: BTreeMap<String, usize>,
}

/// The journey that the others are compared with.
static EMBEDDED: LazyLock<Done> = LazyLock::new(|| travel(&Deployment::embedded()));

fn travel(deployment: &Deployment) -> Done {
    let (transcript, paths) = journey::run(deployment);
    eprintln!("{}: {} answers, {paths:?}", deployment.name(), transcript.len());
    Done { transcript, paths }
}

fn count(done: &Done, path: &str) -> usize {
    done.paths.get(path).copied().unwrap_or_default()
}

/// The control: what differs between two runs of one deployment is not for a deployment to explain.
#[test]
fn an_embedded_process_repeats_itself() {
    let again = travel(&Deployment::embedded());
    EMBEDDED.transcript.must_equal(&again.transcript);
    assert!(
        count(&again, "PATH_MEMORY") > 0,
        "no answer came from memory: {:?}",
        again.paths
    );
}

#[test]
fn separate_services_answer_as_one_process_does() {
    let fleet = travel(&Deployment::fleet("separate services", 1));
    EMBEDDED.transcript.must_equal(&fleet.transcript);
    assert!(
        count(&fleet, "PATH_MEMORY") > 0,
        "no answer came from memory: {:?}",
        fleet.paths
    );
}

#[test]
fn two_replicas_of_each_answer_as_one_process_does() {
    let fleet = travel(&Deployment::fleet("two of each", 2));
    EMBEDDED.transcript.must_equal(&fleet.transcript);
    // One replica computed it, the other one found it.
    assert!(
        count(&fleet, "PATH_SHARED") > 0,
        "no answer was shared: {:?}",
        fleet.paths
    );
}
