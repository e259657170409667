//! `vitaran tenant create`: a tenant that can sell, with its first administrator. `vitaran tenant set`: what it says of
//! itself on invoices and in messages.

use std::sync::Arc;

use clap::Args;
use vitaran_core::config;
use vitaran_core::tenancy::{self, PlatformOperator, SettingsForm, TenantForm};
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
    let tenant = tenancy::create_tenant(
        &db,
        &PlatformOperator::console(),
        config::password_cost()?,
        new,
    )
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

/// What changes; an empty value clears a setting, and what is not named stays.
#[derive(Debug, Args)]
pub struct SetTenant {
    /// The tenant's short name
    #[arg(long)]
    tenant: String,
    #[command(flatten)]
    settings: Settings,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = true)]
struct Settings {
    /// UPI address to which invoices are paid
    #[arg(long, value_name = "NAME@BANK")]
    upi_vpa: Option<String>,
    /// Name the payer sees
    #[arg(long)]
    upi_payee: Option<String>,
    /// Declaration on every invoice
    #[arg(long)]
    declaration: Option<String>,
    /// Terms of sale on every invoice
    #[arg(long)]
    terms: Option<String>,
    /// Whom dealers call
    #[arg(long)]
    support_phone: Option<String>,
    /// Whom dealers write to
    #[arg(long)]
    support_email: Option<String>,
}

/// Changes the settings and says how they stand.
pub async fn set(input: SetTenant) -> Result<Vec<String>, OpsError> {
    let Settings {
        upi_vpa,
        upi_payee,
        declaration,
        terms,
        support_phone,
        support_email,
    } = input.settings;
    let form = SettingsForm {
        upi_vpa,
        upi_payee,
        declaration,
        terms,
        support_phone,
        support_email,
    };
    let new = form.parse().map_err(OpsError::refused)?;
    let db = database::actions(Arc::new(SystemClock))?;
    let (mut tx, by) = database::settle(&db, &input.tenant, "vitaran tenant set").await?;
    let now = tenancy::set_settings(&mut tx, &by, new)
        .await
        .map_err(OpsError::refused)?;
    tx.commit().await?;
    let line = |name: &str, value: &Option<String>| {
        format!("{name}: {}", value.as_deref().unwrap_or("none"))
    };
    Ok(vec![
        line("UPI address", &now.upi_vpa),
        line("UPI payee", &now.upi_payee),
        format!("declaration: {}", now.invoice_declaration),
        line("terms", &now.invoice_terms),
        line("support phone", &now.support_phone),
        line("support e-mail", &now.support_email),
    ])
}
