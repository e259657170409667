//! Asks the configured name servers, or the system's, which do the walking through DNS themselves.

use std::net::SocketAddr;
use std::time::Duration;

use async_trait::async_trait;
use domain::base::iana::Rcode;
use domain::base::{Name, Rtype};
use domain::rdata::Txt;
use domain::resolv::StubResolver;
use domain::resolv::stub::Answer;
use domain::resolv::stub::conf::{ResolvConf, ServerConf, Transport};
use vitaran_core::ports::{Names, NamesError};

/// For all servers together.
const LIMIT: Duration = Duration::from_secs(10);
/// Records that are read of one answer; nobody needs so many at one name.
const MAX_TEXTS: usize = 50;

/// DNS over UDP, and over TCP where an answer does not fit.
pub struct Dns {
    conf: ResolvConf,
}

impl Dns {
    /// Without servers, those of the system.
    pub fn new(servers: &[SocketAddr]) -> Self {
        let mut conf = match servers {
            [] => ResolvConf::default(),
            named => ResolvConf {
                servers: named
                    .iter()
                    .map(|server| ServerConf::new(*server, Transport::UdpTcp))
                    .collect(),
                ..ResolvConf::new()
            },
        };
        conf.options.timeout = LIMIT;
        conf.finalize();
        Dns { conf }
    }
}

fn failed(error: impl std::fmt::Display) -> NamesError {
    NamesError(error.to_string())
}

#[async_trait]
impl Names for Dns {
    async fn texts(&self, name: &str) -> Result<Vec<String>, NamesError> {
        let name: Name<Vec<u8>> = name.parse().map_err(failed)?;
        // One for each look: there are few, and its connections end with it.
        let resolver = StubResolver::from_conf(self.conf.clone());
        let question = resolver.query((name, Rtype::TXT));
        let answer = tokio::time::timeout(LIMIT, question)
            .await
            .map_err(|_| failed("the name servers gave no answer in time"))?
            .map_err(failed)?;
        read(&answer)
    }
}

/// All texts of the answer: where the name is an alias, those of what it stands for.
fn read(answer: &Answer) -> Result<Vec<String>, NamesError> {
    match answer.header().rcode() {
        Rcode::NOERROR => {}
        Rcode::NXDOMAIN => return Ok(Vec::new()),
        other => return Err(failed(format!("the name servers answered {other}"))),
    }
    let records = answer.answer().map_err(failed)?;
    records
        .limit_to::<Txt<_>>()
        .take(MAX_TEXTS)
        .map(|record| {
            let bytes: Vec<u8> = record.map_err(failed)?.data().text();
            Ok(String::from_utf8_lossy(&bytes).into_owned())
        })
        .collect()
}
