//! `CreateKpi`, `UpdateKpi` and `DeprecateKpi`.

use bellwether_contracts::convert::position_to_proto;
use bellwether_contracts::kpi::{
    CreateKpiRequest, CreateKpiResponse, DefinitionStatus, DeprecateKpiRequest, DeprecateKpiResponse,
    UpdateKpiRequest, UpdateKpiResponse,
};
use bellwether_domain::record::{KpiDefinition, KpiStatus};
use bellwether_domain::{Error, ErrorCode, ErrorReason, Result, TenantId, Violation};
use bellwether_runtime::auth::authorize;
use tonic::Request;

use super::CatalogRpc;
use super::write::{Done, Ground, Terms};
use crate::library::Library;
use crate::rpc::plan::again;

/// What an update may change.
const PATHS: [&str; 3] = ["definition", "status", "promotion"];

impl CatalogRpc {
    pub(super) async fn create(&self, request: Request<CreateKpiRequest>) -> Result<CreateKpiResponse> {
        let tenant = authorize(&request, &request.get_ref().tenant)?;
        let asked = request.into_inner();
        let id = id_of(&asked.id, &asked.definition)?;
        let ground = self.fresh(&tenant, &id).await?;
        let says = KpiDefinition {
            definition: asked.definition,
            status: if asked.certified {
                KpiStatus::Certified
            } else {
                KpiStatus::Draft
            },
            author: text(&asked.author),
            note: text(&asked.note),
            ..KpiDefinition::default()
        };
        if asked.validate_only && ground.known.catalogue.own_of(&id).is_some() {
            return Err(taken(&id));
        }
        let terms = Terms {
            tenant: &tenant,
            id: &id,
            request_id: &asked.request_id,
            validate_only: asked.validate_only,
        };
        // Whether there is one already is decided where it is written, so that a request that is sent again is no second one.
        let done = self.put(&terms, &ground, says).await;
        let (kpi, position) = done.map_err(|error| match error.reason {
            ErrorReason::EditConflict => taken(&id),
            _ => error,
        })?;
        Ok(CreateKpiResponse {
            kpi: Some(kpi),
            position: position.map(position_to_proto),
        })
    }

    pub(super) async fn update(&self, request: Request<UpdateKpiRequest>) -> Result<UpdateKpiResponse> {
        let tenant = authorize(&request, &request.get_ref().tenant)?;
        let asked = request.into_inner();
        let changes = Changes::of(&asked)?;
        let (kpi, position) = again(&asked.etag, || self.update_once(&tenant, &asked, &changes)).await?;
        Ok(UpdateKpiResponse {
            kpi: Some(kpi),
            position: position.map(position_to_proto),
        })
    }

    async fn update_once(
        &self,
        tenant: &TenantId,
        asked: &UpdateKpiRequest,
        changes: &Changes,
    ) -> Result<Done> {
        let ground = self.ground(tenant, &asked.id, &asked.etag).await?;
        let mut says = changes.made(&asked.id, &ground)?;
        says.author = text(&asked.author);
        says.note = text(&asked.note);
        let terms = Terms {
            tenant,
            id: &asked.id,
            request_id: &asked.request_id,
            validate_only: asked.validate_only,
        };
        self.put(&terms, &ground, says).await
    }

    pub(super) async fn deprecate(
        &self,
        request: Request<DeprecateKpiRequest>,
    ) -> Result<DeprecateKpiResponse> {
        let tenant = authorize(&request, &request.get_ref().tenant)?;
        let asked = request.into_inner();
        let (kpi, position) = again(&asked.etag, || self.deprecate_once(&tenant, &asked)).await?;
        Ok(DeprecateKpiResponse {
            kpi: Some(kpi),
            position: position.map(position_to_proto),
        })
    }

    async fn deprecate_once(&self, tenant: &TenantId, asked: &DeprecateKpiRequest) -> Result<Done> {
        let ground = self.ground(tenant, &asked.id, &asked.etag).await?;
        check_successor(&ground, &asked.id, &asked.successor)?;
        let says = KpiDefinition {
            status: KpiStatus::Deprecated,
            deprecated_for: text(&asked.successor),
            author: text(&asked.author),
            note: text(&asked.note),
            ..ground.says.clone()
        };
        let terms = Terms {
            tenant,
            id: &asked.id,
            request_id: &asked.request_id,
            validate_only: asked.validate_only,
        };
        // A definition that does not hold any more can still be put aside.
        self.put_aside(&terms, &ground, says).await
    }
}

/// What takes the place of a KPI must be there, and must not be deprecated itself.
fn check_successor(ground: &Ground, id: &str, successor: &str) -> Result<()> {
    if successor.is_empty() {
        return Ok(());
    }
    let refuse = |message: String| Err(Error::invalid(ErrorReason::InvalidField, "successor", message));
    if successor == id {
        return refuse("a KPI cannot take its own place".to_owned());
    }
    let catalogue = &ground.known.catalogue;
    if let Err(error) = catalogue.kpi(successor) {
        return refuse(error.message);
    }
    match catalogue.deprecated(successor) {
        None => Ok(()),
        Some(None) => refuse(format!("`{successor}` is deprecated itself")),
        Some(Some(next)) => refuse(format!("`{successor}` is deprecated itself: name `{next}`")),
    }
}

/// What an update changes.
#[derive(Debug)]
struct Changes {
    definition: Option<String>,
    status: Option<KpiStatus>,
    /// Whether its promotion is taken back.
    demotes: bool,
}

impl Changes {
    fn of(asked: &UpdateKpiRequest) -> Result<Self> {
        let mut wrong = Vec::new();
        let mask = asked.update_mask.as_ref().map(|mask| mask.paths.as_slice());
        for path in mask.unwrap_or_default() {
            if !PATHS.contains(&path.as_str()) {
                let shown: String = path.chars().take(80).collect();
                let text = format!("`{shown}` cannot be updated: give {}", PATHS.join(", "));
                wrong.push(Violation::new("update_mask", text));
            }
        }
        let set = [!asked.definition.is_empty(), asked.status != 0, false];
        let named = |at: usize| match mask {
            Some(paths) if !paths.is_empty() => paths.iter().any(|path| path == PATHS[at]),
            _ => set[at],
        };
        let [definition, status, demotes] = [0, 1, 2].map(named);
        if definition && asked.definition.is_empty() {
            wrong.push(Violation::new(
                "definition",
                "is missing: give the YAML of the KPI",
            ));
        }
        let status = match asked.status() {
            _ if !status => None,
            DefinitionStatus::Draft => Some(KpiStatus::Draft),
            DefinitionStatus::Certified => Some(KpiStatus::Certified),
            DefinitionStatus::Deprecated | DefinitionStatus::Unspecified => {
                let text =
                    "give DEFINITION_STATUS_DRAFT or DEFINITION_STATUS_CERTIFIED; DeprecateKpi deprecates";
                wrong.push(Violation::new("status", text));
                None
            }
        };
        if wrong.is_empty() && !definition && status.is_none() && !demotes {
            let text = "nothing is changed: set `definition` or `status`, or name what changes";
            wrong.push(Violation::new("update_mask", text));
        }
        if !wrong.is_empty() {
            return Err(Error::violations(ErrorReason::InvalidField, wrong));
        }
        Ok(Self {
            definition: definition.then(|| asked.definition.clone()),
            status,
            demotes,
        })
    }

    /// The edition with the changes.
    fn made(&self, id: &str, ground: &Ground) -> Result<KpiDefinition> {
        let mut says = ground.says.clone();
        let built_in = says.definition.is_empty();
        if built_in && self.definition.is_some() {
            let message =
                format!("`{id}` is built in, and its formula cannot be replaced: create a KPI of another id");
            return Err(Error::new(
                ErrorCode::FailedPrecondition,
                ErrorReason::KpiExists,
                message,
            ));
        }
        if let Some(text) = &self.definition {
            // What is certified is the text; another one is to be looked at anew.
            if says.status == KpiStatus::Certified && *text != says.definition {
                says.status = KpiStatus::Draft;
            }
            says.definition.clone_from(text);
        }
        if let Some(status) = self.status {
            says.status = status;
        }
        if says.status != KpiStatus::Deprecated {
            says.deprecated_for = None;
        }
        if self.demotes {
            says.promotion = None;
        }
        Ok(says)
    }
}

/// The id that is given, or that the definition gives.
pub(super) fn id_of(given: &str, definition: &str) -> Result<String> {
    if definition.is_empty() {
        let message = "is missing: give the YAML of the KPI";
        return Err(Error::invalid(ErrorReason::InvalidField, "definition", message));
    }
    if !given.is_empty() {
        return Ok(given.to_owned());
    }
    match Library::read(definition)?.id() {
        "" => Err(Error::invalid(
            ErrorReason::InvalidField,
            "id",
            "is missing: give it here or in the definition",
        )),
        id => Ok(id.to_owned()),
    }
}

pub(super) fn text(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

fn taken(id: &str) -> Error {
    let message = format!("there is a KPI `{id}` already: update it, or take another id");
    Error::new(ErrorCode::AlreadyExists, ErrorReason::KpiExists, message)
}
