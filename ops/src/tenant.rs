//! `vitaran tenant create`: a tenant that can sell, with its first administrator.

use std::sync::Arc;

use clap::Args;
use vitaran_core::tenancy::{self, PlatformOperator, TenantForm};
use vitaran_kernel::SystemClock;

use crate::passwords::ChosenPassword;
use crate::{OpsError, database};

/// What the new tenant is. Wrong values are all named at once.
#[derive(Debug, Args)]
pub struct CreateTenant {
    /// Short name for addresses, such as volt
    #[arg(long)]
    slug: String,
    /// Name on pages
    #[arg(long)]
    name: String,
    #[arg(long)]
    gstin: String,
    /// Legal name as registered for GST
    #[arg(long)]
    legal_name: String,
    /// Building and street of the registration
    #[arg(long)]
    line1: String,
    #[arg(long, default_value = "")]
    line2: String,
    #[arg(long)]
    city: String,
    #[arg(long)]
    pincode: String,
    /// First part of invoice numbers, at most three letters or digits
    #[arg(long)]
    invoice_prefix: String,
    /// Name of the first warehouse
    #[arg(long)]
    location_name: String,
    #[arg(long)]
    admin_name: String,
    #[arg(long)]
    admin_email: String,
    /// Read the administrator's password from standard input; one is made and printed otherwise
    #[arg(long)]
    password_stdin: bool,
}

/// Creates the tenant and says how its administrator signs in.
pub async fn create(input: CreateTenant) -> Result<Vec<String>, OpsError> {
    let CreateTenant {
        slug,
        name,
        gstin,
        legal_name,
        line1,
        line2,
        city,
        pincode,
        invoice_prefix,
        location_name,
        admin_name,
        admin_email,
        password_stdin,
    } = input;
    let password = ChosenPassword::choose(password_stdin)?;
    let form = TenantForm {
        slug,
        name,
        gstin,
        legal_name,
        line1,
        line2,
        city,
        pincode,
        invoice_prefix,
        location_name,
        admin_name,
        admin_email: admin_email.clone(),
        admin_password: password.text.clone(),
    };
    let new = form.parse().map_err(OpsError::refused)?;
    let db = database::founding(Arc::new(SystemClock))?;
    let tenant = tenancy::create_tenant(&db, &PlatformOperator::console(), new)
        .await
        .map_err(OpsError::refused)?;
    let mut said = vec![
        format!("tenant {} is created", tenant.slug),
        format!("administrator: {admin_email}"),
    ];
    if password.is_generated {
        said.push(format!("password: {}", password.text));
        said.push("(an address that had an account already keeps the password it had)".to_owned());
    }
    Ok(said)
}
