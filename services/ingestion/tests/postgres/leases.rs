//! Imports and the processes that run them.

use std::time::Duration;

use bellwether_contracts::ingestion::ImportState;
use bellwether_domain::{ErrorCode, ErrorReason};
use bellwether_ingestion::Config;
use bellwether_testkit::servers::Postgres;

use crate::place::sql;
use crate::replicas::replica;
use crate::uploads::{DEALS, import, stands};

/// Lets a process that is not there run the import until one minute after the clocks' beginning.
fn give_away(database: &str, id: &str) {
    let until = 1_577_836_800_000_000_i64 + 60_000_000;
    sql(
        database,
        &format!(
            "UPDATE import SET state = 1, ended_at = NULL, owner = 'somebody', lease_until = {until} WHERE id = '{id}'"
        ),
    );
}

#[tokio::test]
async fn an_import_is_its_processs_until_that_is_gone() {
    let database = Postgres::shared().database();
    let config = || Config {
        import_lease_ms: 300,
        ..Config::default()
    };
    let node = replica(&database, config()).await;
    for id in ["again", "left"] {
        assert_eq!(
            import(&node, id, DEALS).await.unwrap().state,
            ImportState::Done as i32
        );
        give_away(&database, id);
    }
    let refused = import(&node, "again", DEALS).await.unwrap_err();
    assert_eq!(
        (refused.code, refused.reason),
        (ErrorCode::Aborted, ErrorReason::ImportIncomplete)
    );
    assert!(refused.message.contains("under way"), "{}", refused.message);
    // Another process that starts meanwhile leaves it alone, too.
    let other = replica(&database, config()).await;
    assert_eq!(
        stands(&other, "again").await.unwrap().state,
        ImportState::Running as i32
    );
    node.clock().advance(61_000_000);
    assert_eq!(
        import(&node, "again", DEALS).await.unwrap().state,
        ImportState::Done as i32
    );
    for _ in 0..100 {
        if stands(&other, "left").await.unwrap().state == ImportState::Failed as i32 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let left = stands(&other, "left").await.unwrap();
    assert_eq!(left.state, ImportState::Failed as i32);
    assert!(left.error.contains("the process ended"), "{}", left.error);
    assert_eq!(
        import(&other, "left", DEALS).await.unwrap().state,
        ImportState::Done as i32
    );
}

/// A process that was stopped for longer than its lease, and whose import somebody else began again meanwhile, writes no
/// further batch of it.
#[tokio::test]
async fn an_import_that_was_taken_over_ends_with_the_batch_that_is_under_way() {
    let database = Postgres::shared().database();
    let node = replica(&database, Config::default()).await;
    // With the first records of the first batch: change 1 holds the settings.
    sql(
        &database,
        "CREATE FUNCTION take_over() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
             UPDATE ingestion.import SET owner = 'somebody', run = run + 1;
             RETURN NULL;
         END $$;
         CREATE TRIGGER take_over AFTER INSERT ON change FOR EACH ROW WHEN (NEW.seq = 2)
             EXECUTE FUNCTION take_over();",
    );
    let mut deals = String::from("id,stage,amount,created\n");
    for n in 0..6_000 {
        deals.push_str(&format!("d{n},Open,{n},2017-01-01\n"));
    }
    let broken = import(&node, "slow", &deals).await.unwrap_err();
    assert_eq!(
        (broken.code, broken.reason),
        (ErrorCode::Aborted, ErrorReason::ImportIncomplete)
    );
    assert!(
        broken.message.contains("begun again elsewhere"),
        "{}",
        broken.message
    );
    assert_eq!(sql(&database, "SELECT max(seq) FROM change"), "2001");
}
