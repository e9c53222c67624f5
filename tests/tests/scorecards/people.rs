//! Targets and scorecards by the command line, as a sales manager and a rep use it.

use std::fs;

use serde_json::Value;

use crate::place::{PLACE, kpi, records, run_by, seen_by, told};

#[test]
fn a_manager_sets_targets_and_reads_where_each_kpi_stands() {
    let set = "target set bookings 900 --tenant acme --from 2026-04-01 --to 2026-07-01 --shape seasonal --owner Boss";
    let made = told(set);
    assert_eq!(made[0]["id"], "bookings.2026-04-01.2026-07-01");
    assert_eq!(
        (&made[0]["value"], &made[0]["currency"]),
        (&"900".into(), &"USD".into())
    );
    let _ = told("target set win_rate 50% --tenant acme --from 2026-01-01 --to 2027-01-01");
    let card = told("scorecard bookings win_rate pipeline_created --tenant acme --as-of 2026-06-15");
    let bookings = kpi(&card, "bookings");
    // April and May 300 each, in June 150.
    assert_eq!(bookings["value"], "750");
    // A year before just as much had come by then, of 900.
    let target = &bookings["target"];
    assert_eq!(target["shape_followed"], "seasons");
    assert_eq!(
        (&target["years"], &target["status"]),
        (&2.into(), &"on_track".into())
    );
    assert_eq!(target["expected_share"], target["attainment"]);
    assert_eq!(
        (&target["pace"], &target["projection"]),
        (&"0".into(), &"900".into())
    );
    assert_eq!(target["likely"], serde_json::json!({"low": "900", "high": "900"}));
    assert_eq!(bookings["last_year"]["difference"], "0");
    assert_eq!(bookings["own"]["periods"], 8);
    let sentence = bookings["sentence"].as_str().expect("a sentence");
    assert!(
        sentence.starts_with("Bookings has 83.3 % of the 900 USD wanted, where 83.3 % was expected by now;"),
        "{sentence}"
    );
    assert!(sentence.ends_with(": on track."), "{sentence}");
    // A rate of the year is that of the quarter: 10 of 13 were won, and chance leaves less than 45 to more than 90 %.
    let rate = kpi(&card, "win_rate");
    assert_eq!(rate["target"]["part_of"]["start"], "2026-01-01");
    assert_eq!(rate["target"]["status"], "on_track");
    assert_eq!(kpi(&card, "pipeline_created")["target"]["reason"], "no_target");
    // The page that a person reads fits 100 columns.
    let page = PLACE.server.run(&[
        "scorecard",
        "bookings",
        "win_rate",
        "--tenant",
        "acme",
        "--as-of",
        "2026-06-15",
    ]);
    let page = page.exits(0).out;
    assert!(
        page.contains("on track") && page.contains("acme: this quarter so far, 2026-04-01 to 2026-06-15"),
        "{page}"
    );
    for line in page.lines() {
        assert!(line.chars().count() <= 100, "{line}");
    }
}

#[test]
fn a_target_has_versions_and_can_be_taken_back() {
    let first = told("target set deals_won 10 --tenant acme --from 2026-01-01 --to 2026-02-01 --note first");
    let _ = told(
        "target set deals_won 12 --tenant acme --from 2026-01-01 --to 2026-02-01 --shape 1,1,2 --note second",
    );
    let id = first[0]["id"].as_str().expect("an id");
    let shown = told(&format!("target show {id} --tenant acme"));
    assert_eq!(
        (&shown["target"]["value"], &shown["value"]["value"]),
        (&"12".into(), &"4".into())
    );
    assert_eq!(
        (&shown["attainment"]["status"], &shown["attainment"]["reason"]),
        (&"off".into(), &"final".into())
    );
    assert_eq!(shown["attainment"]["method"], "final");
    let versions = told(&format!("target history {id} --tenant acme"));
    let notes: Vec<&Value> = versions
        .as_array()
        .expect("versions")
        .iter()
        .map(|one| &one["note"])
        .collect();
    assert_eq!(notes, ["second", "first"]);
    let listed = told("target list --tenant acme --kpi deals_won --on 2026-01-31");
    assert_eq!(listed.as_array().map(Vec::len), Some(1));
    let gone = PLACE
        .server
        .run(&["target", "remove", id, "--tenant", "acme"])
        .exits(0);
    assert!(gone.err.contains("is taken back"), "{}", gone.err);
    let missing = PLACE
        .server
        .run(&["target", "show", id, "--tenant", "acme"])
        .exits(4);
    assert!(missing.err.contains("there is no target"), "{}", missing.err);
    let versions = told(&format!("target history {id} --tenant acme"));
    assert_eq!(
        versions.as_array().map(Vec::len),
        Some(2),
        "its versions are kept"
    );
}

#[test]
fn a_target_that_is_set_again_is_the_one_there_is() {
    let set = |value: u32, more: &str| {
        told(&format!(
            "target set deals_lost {value} --tenant acme --from 2026-04-01 --to 2026-07-01 {more}"
        ))
    };
    assert_eq!(set(10, "--id lost-q2")[0]["id"], "lost-q2");
    let again = set(12, "");
    assert_eq!(
        (&again[0]["id"], &again[0]["value"]),
        (&"lost-q2".into(), &"12".into())
    );
    let listed = || {
        told("target list --tenant acme --kpi deals_lost")
            .as_array()
            .map(Vec::len)
    };
    assert_eq!(listed(), Some(1));
    // A second one under an id that comes before it does not win for that.
    let _ = set(20, "--id a-lost");
    assert_eq!(
        (set(15, "--id lost-q2")[0]["value"].as_str(), listed()),
        (Some("15"), Some(2))
    );
    let card = told("scorecard deals_lost --tenant acme --as-of 2026-06-15");
    assert_eq!(kpi(&card, "deals_lost")["target"]["target"], "15");
    let warning = &card["warnings"][0];
    assert_eq!(warning["kind"], "target_twice");
    let message = warning["message"].as_str().expect("words");
    assert!(
        message.contains("`lost-q2` holds") && message.contains("`a-lost`"),
        "{message}"
    );
    assert_eq!(set(16, "")[0]["id"], "lost-q2");
}

#[test]
fn what_makes_no_sense_is_refused_by_name() {
    let refused = |words: &str| {
        let args: Vec<&str> = words.split_whitespace().collect();
        PLACE.server.run(&args).exits(3).err
    };
    let period = "--tenant acme --from 2026-04-01 --to 2026-07-01";
    assert!(refused(&format!("target set bookings 0 {period}")).contains("above 0"));
    assert!(
        refused("target set bookings 5 --tenant acme --from 2026-04-01 --to 2026-04-01")
            .contains("is not after")
    );
    assert!(refused(&format!("target set loss_reason_mix 0.1 {period}")).contains("not a single number"));
    assert!(
        refused(&format!("target set bookings 5 {period} --for stagee=x")).contains("no dimension `stagee`")
    );
    for name in ["nonsense.x", "team.99", "attr.undeclared"] {
        let target = refused(&format!("target set bookings 5 {period} --for {name}=x"));
        assert!(
            target.contains("target.holder") && target.contains(name),
            "{target}"
        );
        let card = refused(&format!(
            "scorecards set bad bookings --tenant acme --filter {name}=x"
        ));
        assert!(
            card.contains("scorecard.filters") && card.contains(name),
            "{card}"
        );
    }
    assert!(refused(&format!("target set win_rate 0.3 {period} --warn 0.5")).contains("bad_below"));
    assert!(refused("scorecards set bad loss_reason_mix --tenant acme").contains("not a single number"));
    let unknown = PLACE
        .server
        .run(&["scorecard", "winrate", "--tenant", "acme"])
        .exits(4)
        .err;
    assert!(unknown.contains("did you mean `win_rate`?"), "{unknown}");
}

#[test]
fn a_tenant_without_a_scorecard_has_the_presets() {
    let card = told("scorecard --tenant bare --as-of 2026-06-15");
    assert_eq!(
        (&card["id"], &card["period"]["size"]),
        (&"field".into(), &"quarter".into())
    );
    let ids: Vec<&Value> = card["kpis"]
        .as_array()
        .expect("KPIs")
        .iter()
        .map(|one| &one["kpi"])
        .collect();
    assert!(
        ids.contains(&&Value::from("bookings")) && (3..=5).contains(&ids.len()),
        "{ids:?}"
    );
    assert_eq!(card["warnings"], Value::Array(Vec::new()));
    for preset in ["saas", "inside", "field", "transactional"] {
        let page = PLACE.server.run(&[
            "scorecard",
            "--name",
            preset,
            "--tenant",
            "bare",
            "--period",
            "year",
        ]);
        let page = page.exits(0).out;
        for line in page.lines() {
            assert!(line.chars().count() <= 100, "{preset}: {line}");
        }
    }
    let listed = told("scorecards list --tenant bare");
    assert_eq!(listed.as_array().map(Vec::len), Some(4));
}

#[test]
fn a_tenant_keeps_scorecards_of_its_own() {
    let done = PLACE.server.run(&[
        "scorecards",
        "set",
        "team",
        "bookings=3",
        "win_rate",
        "--tenant",
        "bare2",
        "--title",
        "The team",
    ]);
    // Of a tenant without records nothing is known.
    let _ = done.exits(4);
    let file = PLACE.dir.path().join("own.jsonl");
    fs::write(&file, records()).expect("writable");
    let _ = PLACE
        .server
        .run(&["import", "--tenant", "kept", &file.display().to_string()])
        .exits(0);
    let set = [
        "scorecards",
        "set",
        "team",
        "bookings=3",
        "win_rate",
        "--tenant",
        "kept",
        "--title",
        "Us",
    ];
    let done = PLACE.server.run(&set).exits(0);
    assert!(
        done.err.contains("3 to 5 KPIs make a scorecard") && done.err.contains("all of them report results"),
        "{}",
        done.err
    );
    let card = told("scorecard --tenant kept --as-of 2026-06-15");
    assert_eq!((&card["id"], &card["name"]), (&"team".into(), &"Us".into()));
    assert_eq!(kpi(&card, "bookings")["weight"], 3);
    assert_eq!(card["warnings"].as_array().map(Vec::len), Some(2));
    let _ = PLACE
        .server
        .run(&["scorecards", "remove", "team", "--tenant", "kept"])
        .exits(0);
    assert_eq!(told("scorecard --tenant kept --as-of 2026-06-15")["id"], "field");
    let taken = PLACE
        .server
        .run(&["scorecards", "set", "saas", "bookings", "--tenant", "kept"])
        .exits(3);
    assert!(taken.err.contains("preset `saas`"), "{}", taken.err);
}

#[test]
fn a_rep_sees_own_rows_and_own_targets_and_sets_none() {
    let period = "--from 2026-04-01 --to 2026-07-01";
    let _ = told(&format!(
        "target set deals_created 7 --tenant acme {period} --for owner=Ann"
    ));
    let _ = told(&format!(
        "target set deals_won 5 --tenant acme {period} --for owner=Ann"
    ));
    let _ = told(&format!("target set deals_won 9 --tenant acme {period}"));
    let _ = told(&format!(
        "target set deals_won 6 --tenant acme {period} --for owner=Bob"
    ));
    let words = "scorecard deals_won --tenant acme --as-of 2026-06-15";
    let rep = seen_by("rep", words);
    assert_eq!(
        (
            &kpi(&rep, "deals_won")["value"],
            &kpi(&rep, "deals_won")["target"]["target"]
        ),
        (&"5".into(), &"5".into())
    );
    let all = told(words);
    assert_eq!(
        (
            &kpi(&all, "deals_won")["value"],
            &kpi(&all, "deals_won")["target"]["target"]
        ),
        (&"10".into(), &"9".into())
    );
    // The manager sees the rows of both, but no target of the company is that of a part of it.
    let boss = seen_by("boss", words);
    assert_eq!(
        (
            &kpi(&boss, "deals_won")["value"],
            &kpi(&boss, "deals_won")["target"]["reason"]
        ),
        (&"10".into(), &"no_target".into())
    );
    let boss = seen_by("boss", &format!("{words} --filter owner=Bob"));
    assert_eq!(kpi(&boss, "deals_won")["target"]["target"], "6");
    let listed = |file: &str| {
        let found = seen_by(file, "target list --tenant acme --kpi deals_won --on 2026-05-01");
        found.as_array().map(Vec::len)
    };
    assert_eq!((listed("rep"), listed("boss")), (Some(1), Some(2)));
    let try_it = |words: &str| run_by("rep", words);
    // Another's target is as missing as one that never was.
    let bobs = try_it("target show deals_won.2026-04-01.2026-07-01.owner=Bob --tenant acme")
        .exits(4)
        .err;
    let none = try_it("target show deals_won.2026-04-01.2026-07-01.owner=Zoe --tenant acme")
        .exits(4)
        .err;
    assert_eq!(bobs.replace("Bob", "Zoe"), none);
    let refused = try_it(&format!(
        "target set deals_won 1 --tenant acme {period} --for owner=Ann"
    ))
    .exits(5)
    .err;
    assert!(refused.contains("scope"), "{refused}");
}
