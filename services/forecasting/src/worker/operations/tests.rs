//! Operations are their tenant's alone, are remembered, and are stopped.

use super::*;
use bellwether_domain::SystemClock;

fn tenant(name: &str) -> TenantId {
    name.parse().unwrap()
}

fn begun(operations: &Operations, of: &str, id: &str) -> Result<Arc<Running>> {
    operations.begin(
        &tenant(of),
        id.to_owned(),
        Kind::Scores,
        "scores of leads".to_owned(),
    )
}

#[tokio::test]
async fn an_operation_is_its_tenants_alone_and_is_remembered() {
    let operations = Operations::new(Arc::new(SystemClock));
    let running = begun(&operations, "acme", "a").unwrap();
    running.does(Phase::Fitting);
    running.is_at(0.5);
    running.is_at(0.3);
    let shown = operations.get(&tenant("acme"), "a").unwrap();
    assert_eq!(
        (shown.phase, shown.progress, &shown.state),
        (Phase::Fitting, 0.5, &State::Running)
    );
    assert!(operations.get(&tenant("other"), "a").is_none());
    assert!(operations.list(&tenant("other"), 10).is_empty());
    let short = Duration::from_millis(5);
    let waited = operations.wait(&tenant("acme"), "a", short).await.unwrap();
    assert_eq!(waited.state, State::Running);
    let (all, ended) = (operations.clone(), running.clone());
    let end = tokio::spawn(async move { all.end(&ended, State::Failed("why".to_owned())) });
    let long = Duration::from_secs(60);
    let waited = operations.wait(&tenant("acme"), "a", long).await.unwrap();
    end.await.unwrap();
    assert_eq!(waited.state, State::Failed("why".to_owned()));
    assert!(waited.ended.is_some());
    assert_eq!(operations.list(&tenant("acme"), 0), []);
    assert_eq!(operations.list(&tenant("acme"), 9).len(), 1);
}

#[tokio::test]
async fn only_so_many_go_on_and_one_can_be_stopped() {
    let operations = Operations::new(Arc::new(SystemClock));
    let first = begun(&operations, "acme", "0").unwrap();
    for at in 1..MOST_RUNNING.1 {
        begun(&operations, "acme", &at.to_string()).unwrap();
    }
    let full = begun(&operations, "acme", "x").unwrap_err();
    assert_eq!(
        (full.code, full.retry_after_ms.is_some()),
        (ErrorCode::ResourceExhausted, true)
    );
    assert!(
        begun(&operations, "other", "y").is_ok(),
        "tenants do not crowd each other out"
    );
    assert!(operations.cancel(&tenant("other"), "0").is_none() && !first.stopped());
    assert!(operations.cancel(&tenant("acme"), "0").is_some() && first.stopped());
    first.until_stopped().await;
    operations.cancel_all();
    operations.end(&first, State::Cancelled);
    assert!(begun(&operations, "acme", "x").is_ok());
}
