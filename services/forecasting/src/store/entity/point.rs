//! A value of a forecast, by tenant, forecast and ordinal.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "point")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub forecast: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub ordinal: i32,
    pub kpi: String,
    pub unit: String,
    pub dimension: String,
    pub member: Option<String>,
    pub model: String,
    pub step: i32,
    pub period_start: i32,
    pub period_end: i32,
    pub mean: f64,
    pub intervals: String,
    pub scale: Option<f64>,
    pub actual: Option<f64>,
    pub scored_at: Option<i64>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
