//! big tenant
use crate::OpsError;
pub async fn seed(_force_beside: bool) -> Result<Vec<String>, OpsError> {
    Ok(vec![])
}
