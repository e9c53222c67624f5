//! An import, by tenant and id.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "import")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub run: i64,
    pub state: i32,
    pub rows: i64,
    pub rejected: i64,
    pub epoch: i64,
    pub seq: i64,
    pub records: String,
    pub warnings: String,
    pub error: String,
    pub started_at: i64,
    pub ended_at: Option<i64>,
    pub owner: String,
    pub lease_until: i64,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
