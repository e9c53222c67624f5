//! Targets and scorecards by gRPC, as a service uses them.

use std::collections::BTreeMap;
use std::fs;

use bellwether_contracts::kpi::scorecard_service_client::ScorecardServiceClient;
use bellwether_contracts::kpi::target_service_client::TargetServiceClient;
use bellwether_contracts::kpi::{
    self, CreateScorecardRequest, CreateTargetRequest, DeleteScorecardRequest, DeleteTargetRequest,
    GetAttainmentRequest, GetTargetRequest, ListScorecardsRequest, ListTargetVersionsRequest,
    ListTargetsRequest, MinPosition, RenderScorecardRequest, StatusReason, TargetEntry, TargetStatus,
    UpdateScorecardRequest, UpdateTargetRequest, UpdateTargetResponse, min_position,
};
use bellwether_contracts::sales::{Scorecard, ScorecardItem, ScorecardPeriod, Target, target};
use bellwether_contracts::types::{DateOrTime, Money, date_or_time};
use tonic::metadata::MetadataValue;
use tonic::transport::Channel;
use tonic::{Code, Request};

use crate::place::PLACE;

async fn channel() -> Channel {
    let url = PLACE.server.url.clone();
    Channel::from_shared(url)
        .expect("a URL")
        .connect()
        .await
        .expect("it listens")
}

fn with<T>(message: T) -> Request<T> {
    let token = fs::read_to_string(PLACE.dir.path().join("token")).expect("a token");
    let mut request = Request::new(message);
    let value: MetadataValue<_> = format!("Bearer {}", token.trim()).parse().expect("ASCII");
    request.metadata_mut().insert("authorization", value);
    request
}

fn quarter(kpi: &str, goal: target::Goal) -> Target {
    Target {
        kpi: kpi.to_owned(),
        period_start: "2025-01-01".to_owned(),
        period_end: "2025-04-01".to_owned(),
        goal: Some(goal),
        ..Target::default()
    }
}

fn dollars(major: i64) -> target::Goal {
    target::Goal::Amount(Money {
        minor_units: major * 100,
        currency_code: "USD".to_owned(),
    })
}

fn head() -> Option<MinPosition> {
    Some(MinPosition {
        at: Some(min_position::At::Head(true)),
    })
}

async fn create(id: &str, request_id: &str, target: Target) -> Result<TargetEntry, tonic::Status> {
    let request = CreateTargetRequest {
        tenant: "acme".to_owned(),
        id: id.to_owned(),
        target: Some(target),
        request_id: request_id.to_owned(),
    };
    let mut client = TargetServiceClient::new(channel().await);
    Ok(client
        .create_target(with(request))
        .await?
        .into_inner()
        .target
        .expect("a target"))
}

/// The request that gives a target another owner; the name makes it safe to repeat.
fn owned(id: &str, etag: &str, owner: &str, name: &str) -> UpdateTargetRequest {
    UpdateTargetRequest {
        tenant: "acme".to_owned(),
        id: id.to_owned(),
        target: Some(Target {
            owner: owner.to_owned(),
            ..Target::default()
        }),
        update_mask: Some(prost_types::FieldMask {
            paths: vec!["owner".to_owned()],
        }),
        etag: etag.to_owned(),
        request_id: name.to_owned(),
    }
}

async fn update(etag: &str, owner: &str) -> Result<UpdateTargetResponse, tonic::Status> {
    let mut client = TargetServiceClient::new(channel().await);
    let answer = client.update_target(with(owned("q1", etag, owner, ""))).await;
    answer.map(tonic::Response::into_inner)
}

#[tokio::test]
async fn a_target_is_changed_only_where_it_was_read() {
    let made = create("q1", "make-q1", quarter("bookings", dollars(900)))
        .await
        .expect("made");
    let again = create("q1", "make-q1", quarter("bookings", dollars(900)))
        .await
        .expect("the first reply again");
    assert_eq!(made, again);
    let other = create("q1", "", quarter("bookings", dollars(1)))
        .await
        .expect_err("taken");
    assert_eq!(other.code(), Code::AlreadyExists);
    let changed = update(&made.etag, "Ann")
        .await
        .expect("changed")
        .target
        .expect("a target");
    let target = changed.target.expect("what it says");
    assert_eq!((target.owner.as_str(), target.goal), ("Ann", Some(dollars(900))));
    let late = update(&made.etag, "Bob").await.expect_err("it has changed since");
    assert_eq!(late.code(), Code::Aborted);
    is_known_as_it_was(&made).await;
    let delete = |etag: &str| DeleteTargetRequest {
        tenant: "acme".to_owned(),
        id: "q1".to_owned(),
        etag: etag.to_owned(),
        ..DeleteTargetRequest::default()
    };
    let mut client = TargetServiceClient::new(channel().await);
    let stale = client
        .delete_target(with(delete("1.1")))
        .await
        .expect_err("stale");
    assert_eq!(stale.code(), Code::Aborted);
    let _ = client
        .delete_target(with(delete(&changed.etag)))
        .await
        .expect("taken back");
}

#[tokio::test]
async fn an_edit_that_is_sent_again_gets_the_first_reply() {
    let made = create("again", "", quarter("bookings", dollars(900)))
        .await
        .expect("made");
    let mut client = TargetServiceClient::new(channel().await);
    let edit = |etag: &str, owner: &str, name: &str| owned("again", etag, owner, name);
    let mut newest = String::new();
    for (etag, owner) in [(made.etag.as_str(), "Ann"), ("", "Bob")] {
        let first = client.update_target(with(edit(etag, owner, owner))).await;
        let again = client.update_target(with(edit(etag, owner, owner))).await;
        let first = first.expect("changed").into_inner();
        assert_eq!(again.expect("the first reply").into_inner(), first, "{owner}");
        newest = first.target.expect("a target").etag;
    }
    let bad = client.update_target(with(edit("latest", "Cy", ""))).await;
    assert_eq!(bad.expect_err("no etag").code(), Code::InvalidArgument);
    let delete = |name: &str| DeleteTargetRequest {
        tenant: "acme".to_owned(),
        id: "again".to_owned(),
        etag: newest.clone(),
        request_id: name.to_owned(),
    };
    let first = client
        .delete_target(with(delete("gone")))
        .await
        .expect("taken back");
    let again = client.delete_target(with(delete("gone"))).await;
    assert_eq!(again.expect("the first reply").into_inner(), first.into_inner());
}

#[tokio::test]
async fn of_many_who_edit_at_once_without_an_etag_none_is_refused() {
    let _ = create("busy", "", quarter("bookings", dollars(900)))
        .await
        .expect("made");
    let edit = async |field: &str, target: Target| {
        let request = UpdateTargetRequest {
            tenant: "acme".to_owned(),
            id: "busy".to_owned(),
            target: Some(target),
            update_mask: Some(prost_types::FieldMask {
                paths: vec![field.to_owned()],
            }),
            ..UpdateTargetRequest::default()
        };
        let mut client = TargetServiceClient::new(channel().await);
        let answer = client.update_target(with(request)).await;
        answer.map(|answer| answer.into_inner().target.expect("a target"))
    };
    let named = |owner: &str, note: &str| Target {
        owner: owner.to_owned(),
        note: note.to_owned(),
        ..Target::default()
    };
    for round in 0..5 {
        let (owner, note) = (format!("owner {round}"), format!("note {round}"));
        let both = tokio::join!(edit("owner", named(&owner, "")), edit("note", named("", &note)));
        let both = [both.0.expect("an edit"), both.1.expect("the other")];
        let last = both.into_iter().max_by_key(|one| one.position.map(|at| at.seq));
        let target = last.and_then(|one| one.target).expect("what it says");
        assert_eq!((target.owner, target.note), (owner, note), "nothing is lost");
    }
}

/// Its versions are kept, and what was known before the change is still known as of then.
async fn is_known_as_it_was(made: &TargetEntry) {
    let versions = ListTargetVersionsRequest {
        tenant: "acme".to_owned(),
        id: "q1".to_owned(),
        min_position: head(),
    };
    let mut client = TargetServiceClient::new(channel().await);
    let versions = client
        .list_target_versions(with(versions))
        .await
        .expect("versions")
        .into_inner()
        .versions;
    assert_eq!(versions.len(), 2);
    assert_eq!(versions[1], *made);
    let then = GetTargetRequest {
        tenant: "acme".to_owned(),
        id: "q1".to_owned(),
        known_at: Some(kpi::KnownAt {
            at: Some(kpi::known_at::At::Seq(made.position.expect("a position").seq)),
        }),
        min_position: head(),
    };
    let then = client
        .get_target(with(then))
        .await
        .expect("known then")
        .into_inner();
    assert_eq!(then.target.as_ref(), Some(made));
}

#[tokio::test]
async fn targets_are_listed_page_by_page_from_one_state() {
    for month in 1..=5 {
        let target = Target {
            period_start: format!("2031-{month:02}-01"),
            period_end: format!("2031-{:02}-01", month + 1),
            ..quarter("meetings_held", target::Goal::Value("40".to_owned()))
        };
        let _ = create("", "", target).await.expect("made");
    }
    let mut client = TargetServiceClient::new(channel().await);
    let mut asked = ListTargetsRequest {
        tenant: "acme".to_owned(),
        kpi: "meetings_held".to_owned(),
        page_size: 2,
        min_position: head(),
        ..ListTargetsRequest::default()
    };
    let mut ids = Vec::new();
    loop {
        let page = client
            .list_targets(with(asked.clone()))
            .await
            .expect("a page")
            .into_inner();
        ids.extend(page.targets.into_iter().map(|one| one.id));
        if page.next_page_token.is_empty() {
            break;
        }
        asked.page_token = page.next_page_token;
    }
    let expected: Vec<String> = (1..=5)
        .map(|month| format!("meetings_held.2031-{month:02}-01.2031-{:02}-01", month + 1))
        .collect();
    assert_eq!(ids, expected);
    asked.kpi = "bookings".to_owned();
    let other = client
        .list_targets(with(asked))
        .await
        .expect_err("the token is of another list");
    assert_eq!(other.code(), Code::InvalidArgument);
}

fn day(text: &str) -> Option<DateOrTime> {
    Some(DateOrTime {
        value: Some(date_or_time::Value::Date(text.to_owned())),
    })
}

#[tokio::test]
async fn attainment_is_told_as_of_any_day() {
    let _ = create("whole", "", quarter("bookings", dollars(1800)))
        .await
        .expect("made");
    let mut targets = TargetServiceClient::new(channel().await);
    let mut attained = async |as_of: &str| {
        let request = GetAttainmentRequest {
            tenant: "acme".to_owned(),
            id: "whole".to_owned(),
            as_of: day(as_of),
            min_position: head(),
            ..GetAttainmentRequest::default()
        };
        let found = targets
            .get_attainment(with(request))
            .await
            .expect("attainment")
            .into_inner();
        (
            found.value.expect("a value"),
            found.attainment.expect("an attainment"),
        )
    };
    // The quarter brings 900 of the 1,800, steadily.
    let (value, over) = attained("2025-04-30").await;
    assert_eq!(
        (value.value.as_deref(), over.attainment.as_deref()),
        (Some("900"), Some("0.5"))
    );
    assert_eq!(
        (over.status(), over.reason()),
        (TargetStatus::Off, StatusReason::Final)
    );
    let (_, half) = attained("2025-02-14").await;
    assert_eq!(
        (half.status(), half.reason()),
        (TargetStatus::Off, StatusReason::Range)
    );
    assert_eq!(half.expected_share.as_deref(), Some("0.5"));
    let (_, before) = attained("2024-12-31").await;
    assert_eq!(
        (before.status(), before.reason()),
        (TargetStatus::Unspecified, StatusReason::NotBegun)
    );
}

/// A scorecard of Ann's rows.
fn of_ann() -> CreateScorecardRequest {
    let scorecard = Scorecard {
        name: "Grpc".to_owned(),
        items: ["bookings", "win_rate", "open_deals"]
            .map(|kpi| ScorecardItem {
                kpi: kpi.to_owned(),
                weight: 1,
            })
            .to_vec(),
        filters: BTreeMap::from([("owner".to_owned(), "Ann".to_owned())]),
        period: ScorecardPeriod::FiscalQuarter.into(),
        ..Scorecard::default()
    };
    CreateScorecardRequest {
        tenant: "acme".to_owned(),
        id: "z-grpc".to_owned(),
        scorecard: Some(scorecard),
        ..CreateScorecardRequest::default()
    }
}

/// The new name of that scorecard.
fn renamed(etag: &str) -> UpdateScorecardRequest {
    UpdateScorecardRequest {
        tenant: "acme".to_owned(),
        id: "z-grpc".to_owned(),
        scorecard: Some(Scorecard {
            name: "Ann".to_owned(),
            ..Scorecard::default()
        }),
        update_mask: Some(prost_types::FieldMask {
            paths: vec!["name".to_owned()],
        }),
        etag: etag.to_owned(),
        ..UpdateScorecardRequest::default()
    }
}

#[tokio::test]
async fn a_scorecard_is_made_changed_shown_and_taken_back() {
    let mut cards = ScorecardServiceClient::new(channel().await);
    let made = cards
        .create_scorecard(with(of_ann()))
        .await
        .expect("made")
        .into_inner();
    let made = made.scorecard.expect("a scorecard");
    assert!(made.warnings.is_empty() && !made.preset);
    let twice = cards.create_scorecard(with(of_ann())).await.expect_err("taken");
    assert_eq!(twice.code(), Code::AlreadyExists);
    let changed = cards
        .update_scorecard(with(renamed(&made.etag)))
        .await
        .expect("changed")
        .into_inner();
    let changed = changed.scorecard.expect("a scorecard");
    assert_eq!(
        changed
            .scorecard
            .as_ref()
            .map(|one| (one.name.as_str(), one.items.len())),
        Some(("Ann", 3))
    );
    let render = RenderScorecardRequest {
        tenant: "acme".to_owned(),
        id: "z-grpc".to_owned(),
        as_of: day("2026-06-15"),
        min_position: head(),
        ..RenderScorecardRequest::default()
    };
    let card = cards
        .render_scorecard(with(render))
        .await
        .expect("rendered")
        .into_inner();
    assert_eq!(
        (card.name.as_str(), card.lines.len(), card.last_day.as_str()),
        ("Ann", 3, "2026-06-15")
    );
    let value = card.lines[0].value.clone().expect("a value");
    assert_eq!(value.value.as_deref(), Some("500"), "Ann's alone");
    assert!(card.watermark.is_some() && card.as_of.is_some());
    let list = ListScorecardsRequest {
        tenant: "acme".to_owned(),
        min_position: head(),
    };
    let listed = cards
        .list_scorecards(with(list))
        .await
        .expect("listed")
        .into_inner()
        .scorecards;
    assert!(
        listed.iter().any(|one| one.id == "z-grpc") && listed.iter().filter(|one| one.preset).count() == 4
    );
    let delete = DeleteScorecardRequest {
        tenant: "acme".to_owned(),
        id: "z-grpc".to_owned(),
        etag: changed.etag,
        ..DeleteScorecardRequest::default()
    };
    let _ = cards.delete_scorecard(with(delete)).await.expect("taken back");
}
