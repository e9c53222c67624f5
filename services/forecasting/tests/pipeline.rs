//! The pipeline forecast against companies whose truth is known, against public data, and against bad input.

#[path = "pipeline/bad_input.rs"]
mod bad_input;
#[path = "pipeline/company.rs"]
mod company;
#[path = "pipeline/invariance.rs"]
mod invariance;
#[path = "pipeline/plans.rs"]
mod plans;
#[path = "pipeline/public_data.rs"]
mod public_data;
#[path = "pipeline/quotas.rs"]
mod quotas;
#[path = "pipeline/stages.rs"]
mod stages;
#[path = "pipeline/truth.rs"]
mod truth;
