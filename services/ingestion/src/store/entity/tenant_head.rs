//! A tenant and the end of its log.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "tenant_head")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub tenant: i64,
    #[sea_orm(unique)]
    pub name: String,
    pub seq: i64,
    pub recorded_at: i64,
    pub epoch: i64,
    pub settings_seq: i64,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
