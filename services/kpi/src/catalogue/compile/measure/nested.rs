//! Nested measures: a formula for each entity, over measures of rows, and an aggregate over the entities.

use super::{Entities, Entity, Rows, Wrong, code_column, quantile, refuse, rows, wrong};
use crate::catalogue::Definition;
use crate::catalogue::compile::Scale;
use crate::catalogue::measure::{Aggregate, Class, MeasureSource};
use crate::formula::Formula;
use crate::table::Table;

pub(super) fn compile(
    source: &MeasureSource,
    definition: &Definition,
    at: &impl Fn(&str) -> String,
) -> Result<Entities, Wrong> {
    refuse(
        source,
        at,
        &[
            "table",
            "expression",
            "filter",
            "window",
            "at",
            "due",
            "end",
            "age",
            "weight",
            "currency",
            "whole",
            "holders",
        ],
    )?;
    let fits = matches!(
        source.aggregate,
        Aggregate::Count
            | Aggregate::Sum
            | Aggregate::Mean
            | Aggregate::Median
            | Aggregate::Quantile
            | Aggregate::Share
    );
    if !fits {
        let message = format!("a {} is no aggregate over entities", source.aggregate.name());
        return Err(wrong(at("aggregate"), message));
    }
    let measures = own(source, definition, at)?;
    let names: Vec<&str> = source.measures.iter().map(|inner| inner.name.as_str()).collect();
    let tables: Vec<Table> = measures.iter().map(|inner| inner.table).collect();
    if tables.is_empty() {
        return Err(wrong(
            at("measures"),
            "a nested measure has at least one of its own",
        ));
    }
    let entity = entity(source.per.as_deref().unwrap_or_default(), &tables).ok_or_else(|| {
        wrong(
            at("per"),
            "name a column of codes that all its measures' tables have",
        )
    })?;
    if measures.iter().all(|inner| inner.whole) {
        let message = "one of its measures tells which entities are in a group: it cannot be `whole`";
        return Err(wrong(at("measures"), message));
    }
    let conditional = matches!(source.aggregate, Aggregate::Count | Aggregate::Share);
    let parse = if conditional {
        Formula::condition
    } else {
        Formula::parse
    };
    let formula = parse(&source.formula, &names).map_err(|error| wrong(at("formula"), error.to_string()))?;
    let only = match source.only.as_str() {
        "" => None,
        text => {
            Some(Formula::condition(text, &names).map_err(|error| wrong(at("where"), error.to_string()))?)
        }
    };
    Ok(Entities {
        entity,
        aggregate: source.aggregate,
        q: quantile(source, at)?,
        formula,
        only,
        measures,
        money: source.of == Some(Scale::Money),
    })
}

fn entity(name: &str, tables: &[Table]) -> Option<Entity> {
    match name {
        "customer" => code_column("account", tables).map(|_| Entity::Customer),
        "account" => code_column(name, tables).map(|_| Entity::Account),
        _ => code_column(name, tables).map(Entity::Column),
    }
}

/// The measures that the formula of a nested one is over.
fn own(
    source: &MeasureSource,
    definition: &Definition,
    at: &impl Fn(&str) -> String,
) -> Result<Vec<Rows>, Wrong> {
    let mut measures = Vec::new();
    for inner in &source.measures {
        let at = |key: &str| at(&format!("measures.{}.{key}", inner.name));
        if inner.class == Class::Nested {
            return Err(wrong(at("class"), "a nested measure is made of measures of rows"));
        }
        refuse(inner, &at, &["holders"])?;
        if inner.across.is_some() {
            return Err(wrong(at("across"), "an entity has no grouping of its own"));
        }
        measures.push(rows::compile(inner, definition, &at)?);
    }
    Ok(measures)
}
