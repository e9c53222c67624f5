//! The CRM export as plain rows.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::dates;

/// One row of `sales_pipeline.csv`, with what the other files say of it.
#[derive(Debug, Clone)]
pub struct Deal {
    /// Dimension values by name; missing ones are `None`.
    pub dimensions: HashMap<&'static str, Option<String>>,
    /// Prospecting, Engaging, Won or Lost.
    pub stage: String,
    /// `engage_date`.
    pub created: Option<i32>,
    /// `close_date`.
    pub closed: Option<i32>,
    /// The product's list price, in dollars.
    pub list: i128,
    /// `close_value`, in dollars.
    pub value: i128,
}

/// The folder of the real export, when it lies beside the repository.
#[must_use]
pub fn folder() -> Option<PathBuf> {
    let folder = crate::workspace_root().parent()?.join("shared/data/crm");
    folder.is_dir().then_some(folder)
}

fn table(folder: &Path, file: &str) -> Vec<HashMap<String, String>> {
    let mut reader = csv::Reader::from_path(folder.join(file)).expect("the file is there");
    reader
        .deserialize()
        .map(|row| row.expect("the file is a table"))
        .collect()
}

/// All deals of the export in `folder`.
#[must_use]
pub fn deals(folder: &Path) -> Vec<Deal> {
    let by = |file: &str, key: &str| -> HashMap<String, HashMap<String, String>> {
        table(folder, file)
            .into_iter()
            .map(|row| (row[key].clone(), row))
            .collect()
    };
    let products = by("products.csv", "product");
    let accounts = by("accounts.csv", "account");
    let agents = by("sales_teams.csv", "sales_agent");
    let known = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let of = |row: Option<&HashMap<String, String>>, column: &str| row.and_then(|row| known(&row[column]));
    let deal = |row: HashMap<String, String>| {
        let product = if row["product"] == "GTXPro" {
            "GTX Pro"
        } else {
            &row["product"]
        };
        let (account, agent) = (accounts.get(&row["account"]), agents.get(&row["sales_agent"]));
        let dimensions = HashMap::from([
            ("owner", known(&row["sales_agent"])),
            ("manager", of(agent, "manager")),
            ("region", of(agent, "regional_office")),
            ("account", known(&row["account"])),
            ("account_industry", of(account, "sector")),
            ("account_region", of(account, "office_location")),
            ("product", known(product)),
            ("stage", known(&row["deal_stage"])),
            ("currency", known("USD")),
        ]);
        let date = |text: &str| known(text).map(|text| dates::read(&text));
        Deal {
            dimensions,
            stage: row["deal_stage"].clone(),
            created: date(&row["engage_date"]),
            closed: date(&row["close_date"]),
            list: products[product]["sales_price"]
                .parse()
                .expect("a whole number of dollars"),
            value: row["close_value"].parse().unwrap_or(0),
        }
    };
    table(folder, "sales_pipeline.csv")
        .into_iter()
        .map(deal)
        .collect()
}
