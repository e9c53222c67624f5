//! `GetTarget`, `ListTargets` and `ListTargetVersions`: what the caller may see of the targets.

use bellwether_contracts::kpi::{
    GetTargetRequest, GetTargetResponse, KnownAt, ListTargetVersionsRequest, ListTargetVersionsResponse,
    ListTargetsRequest, ListTargetsResponse, known_at,
};
use bellwether_domain::{CivilDate, Error, ErrorCode, ErrorReason, Result};
use bellwether_runtime::auth::{Principal, authorize_scoped};
use bellwether_storage::paging::QueryHash;
use prost::Message as _;
use tonic::Request;

use super::super::plan::{At, missing, wrong};
use super::{TargetRpc, desk_of, entry, seen};
use crate::scorecard::visible;

/// Targets on a page when nothing is said, and at most.
const PAGE: usize = 100;
const MOST: usize = 1_000;

impl TargetRpc {
    pub(super) async fn get(&self, request: Request<GetTargetRequest>) -> Result<GetTargetResponse> {
        let tenant = authorize_scoped(&request, &request.get_ref().tenant)?;
        let scope = Principal::from_extensions(request.extensions())?.scope.clone();
        let asked = request.into_inner();
        self.plan.wait(&tenant, asked.min_position.as_ref()).await?;
        let at = At {
            known_at: asked.known_at,
            ..At::default()
        };
        let id = asked.id;
        let read = move |direct: &crate::answers::Direct<'_>| {
            let (desk, whose) = desk_of(direct)?;
            let found = seen(direct, desk.seq, &whose, &id).ok_or_else(|| missing("target", &id))?;
            Ok(entry(direct, found))
        };
        Ok(GetTargetResponse {
            target: Some(self.plan.read((&tenant, &scope), at, read).await?),
        })
    }

    pub(super) async fn versions(
        &self,
        request: Request<ListTargetVersionsRequest>,
    ) -> Result<ListTargetVersionsResponse> {
        let tenant = authorize_scoped(&request, &request.get_ref().tenant)?;
        let scope = Principal::from_extensions(request.extensions())?.scope.clone();
        let asked = request.into_inner();
        self.plan.wait(&tenant, asked.min_position.as_ref()).await?;
        let id = asked.id;
        let read = move |direct: &crate::answers::Direct<'_>| {
            let (desk, whose) = desk_of(direct)?;
            let all = direct.facts.plans(desk.seq).target_versions(&id);
            // Who may see the last version may see how it came to it.
            if !all.last().is_some_and(|last| visible(&whose, &last.says.holder)) {
                return Err(missing("target", &id));
            }
            Ok(all.into_iter().rev().map(|one| entry(direct, one)).collect())
        };
        Ok(ListTargetVersionsResponse {
            versions: self.plan.read((&tenant, &scope), At::default(), read).await?,
        })
    }

    pub(super) async fn list(&self, request: Request<ListTargetsRequest>) -> Result<ListTargetsResponse> {
        let tenant = authorize_scoped(&request, &request.get_ref().tenant)?;
        let scope = Principal::from_extensions(request.extensions())?.scope.clone();
        let asked = request.into_inner();
        let day = match asked.on_day.as_str() {
            "" => None,
            text => Some(
                text.parse::<CivilDate>()
                    .map_err(|message| wrong("on_day", message))?,
            ),
        };
        let size = match usize::try_from(asked.page_size) {
            Ok(0) => PAGE,
            Ok(size) if size <= MOST => size,
            _ => return Err(wrong("page_size", format!("give 1 to {MOST}, or 0 for {PAGE}"))),
        };
        let known = asked
            .known_at
            .as_ref()
            .map(|at| at.encode_to_vec())
            .unwrap_or_default();
        let parts = [
            tenant.as_str().as_bytes(),
            asked.kpi.as_bytes(),
            asked.on_day.as_bytes(),
            &known,
        ];
        let words = format!("{scope:?}");
        let hash = QueryHash::of("ListTargets", &[&parts[..], &[words.as_bytes()]].concat());
        let page = self.pages.open(&hash, &asked.page_token)?;
        self.plan.wait(&tenant, asked.min_position.as_ref()).await?;
        // All pages stand where the first one stood.
        let pinned = page.as_ref().map(|page| KnownAt {
            at: Some(known_at::At::Seq(page.at.seq)),
        });
        let at = At {
            known_at: pinned.or(asked.known_at),
            ..At::default()
        };
        let (pages, kpi) = (self.pages.clone(), asked.kpi);
        let read = move |direct: &crate::answers::Direct<'_>| {
            let (desk, whose) = desk_of(direct)?;
            let mut position = direct.facts.position();
            if page.as_ref().is_some_and(|page| page.at.epoch != position.epoch) {
                let message = "the log has begun a new life: list from the beginning";
                return Err(Error::new(
                    ErrorCode::OutOfRange,
                    ErrorReason::SnapshotRequired,
                    message,
                ));
            }
            position.seq = desk.seq;
            let after = page.as_ref().map(|page| page.cursor.as_slice());
            let mut found = direct.facts.plans(desk.seq).targets().filter(|one| {
                after.is_none_or(|after| one.id.as_bytes() > after)
                    && (kpi.is_empty() || one.says.kpi == kpi)
                    && day.is_none_or(|day| one.says.period_start <= day && day < one.says.period_end)
                    && visible(&whose, &one.says.holder)
            });
            let shown: Vec<_> = found.by_ref().take(size).collect();
            let token = match (found.next(), shown.last()) {
                (Some(_), Some(last)) => pages.issue(&hash, position, last.id.as_bytes()),
                _ => String::new(),
            };
            Ok(ListTargetsResponse {
                targets: shown.into_iter().map(|one| entry(direct, one)).collect(),
                next_page_token: token,
            })
        };
        self.plan.read((&tenant, &scope), at, read).await
    }
}
