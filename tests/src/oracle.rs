//! An independent recomputation of the KPIs of the CRM export, written from the KPI rules and without the product's code:
//! own dates, own fractions, straight loops over the rows of the files.

pub mod answer;
pub mod company;
pub mod dates;
pub mod early;
pub mod export;
pub mod kinds;
pub mod number;
pub mod program;
