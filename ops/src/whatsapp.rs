//! `vitaran whatsapp set`: a tenant's own WhatsApp number. The secrets come by standard input and are sealed with
//! SECRET_KEY before they are stored; nothing prints them.

use std::io::BufRead as _;
use std::sync::Arc;

use clap::Args;
use vitaran_core::access::{Actor, PlatformSettingsWrite};
use vitaran_core::config;
use vitaran_core::notifications::{self, NewWhatsappAccount};
use vitaran_core::secrets::SecretKey;
use vitaran_core::tenancy;
use vitaran_kernel::SystemClock;

use crate::{OpsError, database};

/// Three lines of standard input are read: access token, app secret, verify token of the webhook.
#[derive(Debug, Args)]
pub struct SetAccount {
    /// The tenant's short name
    #[arg(long)]
    tenant: String,
    /// Phone number id, as the provider's console shows it
    #[arg(long)]
    phone_number_id: String,
    /// WhatsApp Business Account id
    #[arg(long)]
    waba_id: String,
}

/// Stores the number in place of one the tenant had.
pub async fn set(input: SetAccount) -> Result<Vec<String>, OpsError> {
    let key = SecretKey::parse(config::secret_key()?.reveal())
        .map_err(|error| OpsError::Refused(error.to_string()))?;
    let [access_token, app_secret, verify_token] = three_lines()?;
    let account = NewWhatsappAccount::parse(
        &input.phone_number_id,
        &input.waba_id,
        &access_token,
        &app_secret,
        &verify_token,
    )
    .map_err(OpsError::refused)?;
    let db = database::actions(Arc::new(SystemClock))?;
    let tenant = tenancy::find_tenant(&db, &input.tenant)
        .await?
        .ok_or_else(|| OpsError::Refused(format!("there is no tenant {}", input.tenant)))?;
    let by = Actor::system(tenant.id, "vitaran whatsapp set")
        .allow::<PlatformSettingsWrite>()
        .map_err(OpsError::refused)?;
    let mut tx = db.begin(&by).await?;
    notifications::set_account(&mut tx, &by, &key, account)
        .await
        .map_err(OpsError::refused)?;
    tx.commit().await?;
    Ok(vec![format!(
        "{} sends by the number {}",
        tenant.slug, input.phone_number_id
    )])
}

fn three_lines() -> Result<[String; 3], OpsError> {
    let mut lines = [String::new(), String::new(), String::new()];
    let mut input = std::io::stdin().lock();
    for line in &mut lines {
        input.read_line(line)?;
        line.truncate(line.trim_end().len());
    }
    Ok(lines)
}
