//! `vitaran check-config`: every fault of the environment, for all three programs at once; values are never repeated.

use vitaran_core::config::{self, ConfigFault, ConfigFaults, WebConfig, WorkerConfig};

use crate::OpsError;

/// Reads what web, worker and this command would read, and says what is in force. URLs and keys are named, not shown.
pub fn check() -> Result<Vec<String>, OpsError> {
    let (web, worker) = (WebConfig::from_env(), WorkerConfig::from_env());
    let owner = config::owner_database_url();
    let mut faults: Vec<ConfigFault> = Vec::new();
    for found in [
        web.as_ref().err(),
        worker.as_ref().err(),
        owner.as_ref().err(),
    ]
    .into_iter()
    .flatten()
    {
        for fault in &found.0 {
            if !faults.contains(fault) {
                faults.push(fault.clone());
            }
        }
    }
    match (web, worker) {
        (Ok(web), Ok(worker)) if faults.is_empty() => Ok(described(&web, &worker)),
        _ => Err(ConfigFaults(faults).into()),
    }
}

fn described(web: &WebConfig, worker: &WorkerConfig) -> Vec<String> {
    // The configurations print their secrets as "…".
    let mut said = vec!["the configuration is complete".to_owned()];
    said.extend(format!("{web:#?}").lines().map(ToOwned::to_owned));
    said.extend(format!("{worker:#?}").lines().map(ToOwned::to_owned));
    said
}
