//! Asks sentinels which server is the master at present.

use redis::aio::MultiplexedConnection;
use redis::{ErrorKind, RedisError, RedisResult, Value, from_redis_value};

use super::link::{Settings, send, within};

/// The sentinels of one master, asked in turn until one answers.
pub(super) struct Sentinels {
    hosts: Vec<(String, u16)>,
    master: String,
    /// The sentinel to ask first.
    next: usize,
    connection: Option<MultiplexedConnection>,
}

impl Sentinels {
    pub(super) fn new(hosts: Vec<(String, u16)>, master: String) -> Self {
        Self {
            hosts,
            master,
            next: 0,
            connection: None,
        }
    }

    /// A connection to the master, and where it is.
    pub(super) async fn connect_master(
        &mut self,
        settings: &Settings,
    ) -> RedisResult<(MultiplexedConnection, (String, u16))> {
        let master = self.master(settings).await?;
        let connected = match settings.server(&master.0, master.1).await {
            Ok(mut connection) => within(settings.connect_timeout(), require_master(&mut connection))
                .await
                .map(|()| connection),
            Err(error) => Err(error),
        };
        if connected.is_err() {
            // This sentinel may be the one that does not know yet: another is asked next time.
            self.turn();
        }
        Ok((connected?, master))
    }

    /// Where the master is, as the first sentinel says that can be reached.
    pub(super) async fn master(&mut self, settings: &Settings) -> RedisResult<(String, u16)> {
        let mut last = RedisError::from((ErrorKind::EmptySentinelList, "no sentinel"));
        for _ in 0..self.hosts.len() {
            match within(settings.connect_timeout(), self.ask(settings)).await {
                Ok(master) => return Ok(master),
                Err(error) => {
                    last = error;
                    self.turn();
                }
            }
        }
        Err(last)
    }

    fn turn(&mut self) {
        self.connection = None;
        self.next = (self.next + 1) % self.hosts.len().max(1);
    }

    async fn ask(&mut self, settings: &Settings) -> RedisResult<(String, u16)> {
        let mut question = redis::cmd("SENTINEL");
        question.arg("GET-MASTER-ADDR-BY-NAME").arg(&self.master);
        let answer = match &mut self.connection {
            Some(connection) => send(connection, &question).await?,
            None => {
                let (host, port) = &self.hosts[self.next];
                let mut connection = settings.sentinel(host, *port, false).await?;
                let mut answer = send(&mut connection, &question).await;
                if answer.as_ref().is_err_and(|error| error.code() == Some("NOAUTH")) {
                    // Sentinels that ask for a password usually share that of their servers.
                    connection = settings.sentinel(host, *port, true).await?;
                    answer = send(&mut connection, &question).await;
                }
                let answer = answer?;
                self.connection = Some(connection);
                answer
            }
        };
        from_redis_value::<Option<(String, u16)>>(answer)?.ok_or_else(|| {
            let text = "the sentinels know no master of that name";
            RedisError::from((ErrorKind::MasterNameNotFoundBySentinel, text))
        })
    }
}

/// A demoted master still answers reads and calls itself a replica; a sentinel may name it for a moment.
async fn require_master(connection: &mut MultiplexedConnection) -> RedisResult<()> {
    match send(connection, &redis::cmd("ROLE")).await? {
        Value::Array(parts) if parts.first() == Some(&Value::BulkString(b"master".to_vec())) => Ok(()),
        _ => Err(RedisError::from((ErrorKind::Client, "the server is no master"))),
    }
}
