//! The roles of a process: which there are, and starting and closing those that run here.

use bellwether_domain::{ErrorCode, Result};
use bellwether_forecasting::Forecasting;
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
    /// Says what is likely to come.
    pub(super) forecasting: bool,
}

impl Default for Roles {
    fn default() -> Self {
        Self {
            ingestion: true,
            kpi: true,
            forecasting: true,
        }
    }
}

impl Roles {
    fn named<'a>(names: impl IntoIterator<Item = &'a str>) -> Result<Self, String> {
        let mut roles = Self {
            ingestion: false,
            kpi: false,
            forecasting: false,
        };
        for name in names {
            match name.trim() {
                "ingestion" => roles.ingestion = true,
                "kpi" => roles.kpi = true,
                "forecasting" => roles.forecasting = true,
                other => {
                    return Err(format!(
                        "`{other}` is not a role: ingestion, kpi and forecasting are"
                    ));
                }
            }
        }
        if !roles.ingestion && !roles.kpi && !roles.forecasting {
            return Err("name at least one role: ingestion, kpi, forecasting".to_owned());
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
    forecasting: Option<Forecasting>,
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
        let far = |peer: &Option<Peer>| match peer {
            Some(Peer::Far(urls)) => Some(PeerLink::far(urls, &host.token()?, &config.link)).transpose(),
            Some(Peer::Near) | None => Ok(None),
        };
        let (far_ingestion, far_kpi) = (far(&needs.peer)?, far(&needs.kpi)?);
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
        let kpi = match needs
            .peer
            .is_some()
            .then(|| far_ingestion.or_else(near))
            .flatten()
        {
            Some(peer) => Some(Kpi::start(host, peer, cache, config.kpi.clone()).await?),
            None => None,
        };
        let near = || Some(PeerLink::near(host, &kpi.as_ref()?.services()));
        let peer = needs.kpi.is_some().then(|| far_kpi.or_else(near)).flatten();
        let forecasting = match (&needs.forecasts, peer) {
            (Some(place), Some(peer)) => {
                let start = || Forecasting::start(host, place, peer.clone(), config.forecasting.clone());
                let Some(forecasting) = process.start(start).await? else {
                    return Ok(None);
                };
                Some(forecasting)
            }
            _ => None,
        };
        Ok(Some(Self {
            ingestion,
            kpi,
            forecasting,
        }))
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
        if let Some(forecasting) = &self.forecasting {
            services = services.merge(forecasting.services());
        }
        services
    }

    /// Closes what is held, when calls and workers have ended.
    ///
    /// # Errors
    /// As the database says.
    pub(super) async fn close(&self) -> Result<()> {
        let forecasts = match &self.forecasting {
            Some(forecasting) => forecasting.close().await,
            None => Ok(()),
        };
        let records = match &self.ingestion {
            Some(ingestion) => ingestion.close().await,
            None => Ok(()),
        };
        records.and(forecasts)
    }
}
