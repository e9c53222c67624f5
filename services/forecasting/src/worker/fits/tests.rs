//! Fits are made once, go on without their callers, and end in all ways there are.

use std::sync::atomic::{AtomicUsize, Ordering};

use bellwether_domain::{ErrorCode, ErrorReason, SystemClock};

use super::super::operations::Phase;
use super::*;

struct Number(u64);

impl Weigh for Number {
    fn bytes(&self) -> usize {
        8
    }
}

fn fits_of(bytes: u64) -> Fits<Number> {
    let operations = Operations::new(Arc::new(SystemClock));
    Fits::new(Arc::new(Semaphore::new(2)), operations, bytes)
}

fn fits() -> Fits<Number> {
    fits_of(1 << 20)
}

fn acme() -> TenantId {
    "acme".parse().unwrap()
}

fn asked(key: u8) -> Asked {
    Asked {
        key: [key; 32],
        tenant: acme(),
        kind: Kind::Scores,
        purpose: "a test".to_owned(),
    }
}

fn nap(ms: u64) {
    std::thread::sleep(Duration::from_millis(ms));
}

async fn number(fits: &Fits<Number>, key: u8, number: u64) -> Result<(Arc<Number>, bool)> {
    let compute = move |_: &dyn Fn(f64)| Number(number);
    fits.fit(asked(key), move |task| task.compute(compute)).await
}

#[tokio::test]
async fn a_question_is_fitted_once() {
    let (fits, count) = (fits(), Arc::new(AtomicUsize::new(0)));
    let ask = || {
        let count = count.clone();
        let compute = move |_: &dyn Fn(f64)| {
            count.fetch_add(1, Ordering::SeqCst);
            nap(50);
            Number(7)
        };
        fits.fit(asked(1), move |task| task.compute(compute))
    };
    let (one, other) = tokio::join!(ask(), ask());
    assert_eq!((one.unwrap().0.0, other.unwrap().0.0), (7, 7));
    let (again, kept) = ask().await.unwrap();
    assert_eq!((again.0, kept, count.load(Ordering::SeqCst)), (7, true, 1));
}

#[tokio::test]
async fn who_cannot_wait_is_told_of_the_operation_and_finds_what_it_made() {
    for bytes in [1 << 20, 0] {
        let fits = fits_of(bytes);
        let (tell, told) = std::sync::mpsc::channel::<()>();
        let slow = move |at: &dyn Fn(f64)| {
            at(0.5);
            told.recv().unwrap();
            Number(3)
        };
        let soon = Some(Duration::from_millis(30));
        let late = fits
            .fit_within(asked(9), soon, move |task| task.compute(slow))
            .await;
        let error = late.map(|_| ()).unwrap_err();
        assert_eq!(
            (error.code, error.reason),
            (ErrorCode::Unavailable, ErrorReason::OperationRunning)
        );
        assert!(error.retry_after_ms.is_some());
        let id = error.operation.unwrap();
        let shown = fits.operations.get(&acme(), &id).unwrap();
        assert_eq!(
            (shown.phase, shown.progress, shown.state),
            (Phase::Fitting, 0.5, State::Running)
        );
        tell.send(()).unwrap();
        let ended = fits
            .operations
            .wait(&acme(), &id, Duration::from_secs(60))
            .await
            .unwrap();
        assert_eq!((ended.state, ended.progress), (State::Done, 1.0));
        // What is too large to be kept beside others is there for those who waited for it.
        let (found, kept) = number(&fits, 9, 4).await.unwrap();
        assert_eq!((found.0, kept), (3, true), "{bytes}");
    }
}

#[tokio::test]
async fn a_fit_goes_on_when_its_caller_is_gone() {
    let fits = fits();
    let slow = |_: &dyn Fn(f64)| {
        nap(100);
        Number(1)
    };
    let slow = fits.fit(asked(2), move |task| task.compute(slow));
    assert!(
        tokio::time::timeout(Duration::from_millis(10), slow)
            .await
            .is_err()
    );
    let (found, _) = number(&fits, 2, 2).await.unwrap();
    assert_eq!(found.0, 1, "the first fit was joined");
}

#[tokio::test]
async fn a_broken_fit_is_an_error_and_nothing_is_kept() {
    let fits = fits();
    let broken = |_: &dyn Fn(f64)| -> Number { panic!("a bug") };
    let error = fits.fit(asked(3), move |task| task.compute(broken)).await;
    assert_eq!(error.map(|_| ()).unwrap_err().code, ErrorCode::Internal);
    let bad = |_: Task| -> std::future::Ready<Result<Number>> { panic!("another bug") };
    let error = fits.fit(asked(3), bad).await;
    assert_eq!(error.map(|_| ()).unwrap_err().code, ErrorCode::Internal);
    let refused = |_: Task| std::future::ready(Err(Error::internal("kpi says no")));
    let error = fits.fit(asked(3), refused).await.map(|_| ()).unwrap_err();
    assert_eq!(error.message, "kpi says no");
    let shown = fits.operations.list(&acme(), 10);
    assert!(shown.iter().all(|one| matches!(one.state, State::Failed(_))) && shown.len() == 3);
    assert_eq!(number(&fits, 3, 5).await.unwrap().0.0, 5);
}

#[tokio::test]
async fn a_fit_is_ended_where_it_is() {
    let operations = Operations::new(Arc::new(SystemClock));
    let fits: Fits<Number> = Fits::new(Arc::new(Semaphore::new(1)), operations, 1 << 20);
    let going = |at: &dyn Fn(f64)| {
        loop {
            nap(1);
            at(0.1);
        }
    };
    let soon = Some(Duration::from_millis(20));
    let first = fits
        .fit_within(asked(4), soon, move |task| task.compute(going))
        .await;
    let first = first.map(|_| ()).unwrap_err().operation.unwrap();
    // One thread: the second waits for its turn.
    let second = fits
        .fit_within(asked(5), soon, move |task| task.compute(|_| Number(5)))
        .await;
    let second = second.map(|_| ()).unwrap_err().operation.unwrap();
    assert_eq!(
        fits.operations.get(&acme(), &second).unwrap().phase,
        Phase::Queued
    );
    fits.operations.cancel(&acme(), &first).unwrap();
    let long = Duration::from_secs(60);
    let ended = fits.operations.wait(&acme(), &first, long).await.unwrap();
    assert_eq!(ended.state, State::Cancelled);
    let ended = fits.operations.wait(&acme(), &second, long).await.unwrap();
    assert_eq!(ended.state, State::Done);
    assert_eq!(
        number(&fits, 4, 8).await.unwrap().0.0,
        8,
        "asked again, it begins anew"
    );
}
