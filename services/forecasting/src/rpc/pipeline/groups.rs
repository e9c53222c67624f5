//! By what open deals are told apart.

use crate::facts::DEAL_TRAITS;
use crate::pipeline::Group;
use crate::rpc::read::Wrong;

/// What deals are told apart by beside their traits.
const NAMES: [&str; 5] = ["stage", "owner", "team", "category", "forecast_category"];
/// How much of an unknown name a message shows.
const LONGEST: usize = 80;

/// What a dimension is called among the models.
pub(super) fn group(name: &str) -> Group {
    match name {
        "stage" => Group::Stage,
        "owner" => Group::Owner,
        "team" => Group::Team,
        "category" | "forecast_category" => Group::Category,
        other => Group::Trait(other.to_owned()),
    }
}

/// Names those by which deals are not told apart: every deal would be of one group without a name.
pub(super) fn refuse_unknown(group_by: &[String], wrong: &mut Wrong) {
    let known = || NAMES.iter().chain(&DEAL_TRAITS).copied();
    for name in group_by {
        if !known().any(|one| one == name) {
            let shown: String = name.chars().take(LONGEST).collect();
            let names: Vec<&str> = known().collect();
            let text = format!("`{shown}` is not one of {}", names.join(", "));
            wrong.add("group_by", text);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_deals_are_not_told_apart_by_is_refused_by_name() {
        let refused = |names: &[&str]| {
            let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            let mut wrong = Wrong::none();
            refuse_unknown(&names, &mut wrong);
            wrong.or(())
        };
        assert!(refused(&["stage", "owner", "team", "category", "product"]).is_ok());
        let error = refused(&["owner", "ownr", ""]).unwrap_err();
        let told: Vec<String> = error.violations.iter().map(ToString::to_string).collect();
        assert_eq!(told.len(), 2);
        assert!(
            told[0].starts_with("group_by: `ownr` is not one of stage, owner,"),
            "{told:?}"
        );
        assert!(told[0].contains("product_family"));
    }
}
