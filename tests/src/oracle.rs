//! Independent recomputations, written from the KPI rules and without the product's code: of every KPI of made-up
//! companies by a Python program (`tests/oracle`), which is run from here, and of those of the CRM export by own dates,
//! own fractions and straight loops over the rows of the files.

pub mod answer;
pub mod company;
pub mod dates;
pub mod export;
pub mod kinds;
pub mod number;
pub mod program;
