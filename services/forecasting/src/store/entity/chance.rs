//! A chance of a single record, by tenant, kind, day, horizon and record.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "chance")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub kind: i32,
    #[sea_orm(primary_key, auto_increment = false)]
    pub made: i32,
    #[sea_orm(primary_key, auto_increment = false)]
    pub days: i32,
    #[sea_orm(primary_key, auto_increment = false)]
    pub record: String,
    pub forecast: String,
    pub owner: String,
    pub category: String,
    pub model: String,
    pub chance: f64,
    pub amount: Option<f64>,
    pub worth: Option<f64>,
    pub due: Option<i32>,
    pub came: Option<i32>,
    pub came_amount: Option<f64>,
    pub decided: Option<i32>,
    pub scored_at: Option<i64>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
