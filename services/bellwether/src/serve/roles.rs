//! The roles of a process: which there are, and starting and closing those that run here.

use bellwether_domain::{ErrorCode, Result};
use bellwether_ingestion::Ingestion;
use bellwether_kpi::Kpi;
use bellwether_runtime::{PeerLink, Process, ServiceSet};
use serde::Deserialize;
use serde::de::Error as _;

use super::config::{Config, Needs, Peer};
use crate::exit::{Code, Failure};

/// What runs in a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Roles {
    /// Keeps the records.
    pub(super) ingestion: bool,
    /// Answers questions.
    pub(super) kpi: bool,
}

impl Default for Roles {
    fn default() -> Self {
        Self {
            ingestion: true,
            kpi: true,
        }
    }
}

impl Roles {
    fn named<'a>(names: impl IntoIterator<Item = &'a str>) -> Result<Self, String> {
        let mut roles = Self {
            ingestion: false,
            kpi: false,
        };
        for name in names {
            match name.trim() {
                "ingestion" => roles.ingestion = true,
                "kpi" => roles.kpi = true,
                other => return Err(format!("`{other}` is not a role: ingestion and kpi are")),
            }
        }
        if !roles.ingestion && !roles.kpi {
            return Err("name at least one role: ingestion, kpi".to_owned());
        }
        Ok(roles)
    }
}

impl<'de> Deserialize<'de> for Roles {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Line(String),
            List(Vec<String>),
        }
        let roles = match Written::deserialize(deserializer)? {
            Written::Line(line) => Self::named(line.split(',')),
            Written::List(list) => Self::named(list.iter().map(String::as_str)),
        };
        roles.map_err(D::Error::custom)
    }
}

/// The services that run in this process.
pub(super) struct Running {
    ingestion: Option<Ingestion>,
    kpi: Option<Kpi>,
}

impl Running {
    /// Starts what the configuration names; nothing when the process was told to end before all had started.
    ///
    /// # Errors
    /// Usage for an address that is none; else what the services say.
    pub(super) async fn start(
        process: &Process,
        config: &Config,
        needs: Needs,
    ) -> Result<Option<Self>, Failure> {
        let started = Self::start_all(process, config, needs).await;
        started.map_err(|error| {
            let usage = error.code == ErrorCode::InvalidArgument;
            let failure = Failure::from(error);
            if usage {
                failure.with_code(Code::Usage)
            } else {
                failure
            }
        })
    }

    async fn start_all(process: &Process, config: &Config, needs: Needs) -> Result<Option<Self>> {
        let host = process.host();
        // Addresses first: what is wrong with them is said before a database is waited for.
        let far = match &needs.peer {
            Some(Peer::Far(urls)) => Some(PeerLink::far(urls, &host.token()?, &config.link)?),
            Some(Peer::Near) | None => None,
        };
        let cache = needs.cache(&config.link)?;
        let ingestion = match &needs.place {
            Some(place) => {
                let start = || Ingestion::start(host, place, config.ingestion.clone());
                let Some(ingestion) = process.start(start).await? else {
                    return Ok(None);
                };
                Some(ingestion)
            }
            None => None,
        };
        let near = || {
            let ingestion = ingestion.as_ref()?;
            Some(PeerLink::near(host, &ingestion.services()))
        };
        let kpi = match needs.peer.is_some().then(|| far.or_else(near)).flatten() {
            Some(peer) => Some(Kpi::start(host, peer, cache, config.kpi.clone()).await?),
            None => None,
        };
        Ok(Some(Self { ingestion, kpi }))
    }

    /// The gRPC services of all.
    pub(super) fn services(&self) -> ServiceSet {
        let mut services = ServiceSet::new();
        if let Some(ingestion) = &self.ingestion {
            services = services.merge(ingestion.services());
        }
        if let Some(kpi) = &self.kpi {
            services = services.merge(kpi.services());
        }
        services
    }

    /// Closes what is held, when calls and workers have ended.
    ///
    /// # Errors
    /// As the database says.
    pub(super) async fn close(&self) -> Result<()> {
        match &self.ingestion {
            Some(ingestion) => ingestion.close().await,
            None => Ok(()),
        }
    }
}
