//! `vitaran registration add` and `vitaran registration set-lut`: under which GSTINs a tenant sells.

use std::sync::Arc;

use clap::Args;
use vitaran_core::tenancy::{self, LutForm, RegistrationForm};
use vitaran_kernel::SystemClock;

use crate::{OpsError, database};

/// Another registration, with its warehouse and its invoice series. Wrong values are all named at once.
#[derive(Debug, Args)]
pub struct AddRegistration {
    /// The tenant's short name
    #[arg(long)]
    tenant: String,
    #[arg(long)]
    gstin: String,
    /// Legal name as registered for GST
    #[arg(long)]
    legal_name: String,
    #[arg(long, default_value = "")]
    trade_name: String,
    /// Building and street of the registration
    #[arg(long)]
    line1: String,
    #[arg(long, default_value = "")]
    line2: String,
    #[arg(long)]
    city: String,
    #[arg(long)]
    pincode: String,
    /// First part of its invoice numbers, at most three letters or digits
    #[arg(long)]
    invoice_prefix: String,
    /// Name of its warehouse
    #[arg(long)]
    location_name: String,
}

/// Adds the registration.
pub async fn add(input: AddRegistration) -> Result<Vec<String>, OpsError> {
    let AddRegistration {
        tenant,
        gstin,
        legal_name,
        trade_name,
        line1,
        line2,
        city,
        pincode,
        invoice_prefix,
        location_name,
    } = input;
    let form = RegistrationForm {
        gstin,
        legal_name,
        trade_name,
        line1,
        line2,
        city,
        pincode,
        invoice_prefix,
        location_name,
    };
    let new = form.parse().map_err(OpsError::refused)?;
    let said = format!("{tenant} sells under {} too", new.gstin);
    let db = database::actions(Arc::new(SystemClock))?;
    let (mut tx, by) = database::settle(&db, &tenant, "vitaran registration add").await?;
    tenancy::add_registration(&mut tx, &by, new)
        .await
        .map_err(OpsError::refused)?;
    tx.commit().await?;
    Ok(vec![said])
}

/// The letter of undertaking of a registration, for supplies to an SEZ without tax.
#[derive(Debug, Args)]
pub struct SetLut {
    /// The tenant's short name
    #[arg(long)]
    tenant: String,
    /// The registration's GSTIN
    #[arg(long)]
    gstin: String,
    /// The ARN the portal has given
    #[arg(long)]
    number: String,
    /// First day, such as 2026-04-01
    #[arg(long)]
    from: String,
    /// Last day, at most the 31 March that follows
    #[arg(long)]
    to: String,
}

/// Notes the LUT in place of one there was.
pub async fn set_lut(input: SetLut) -> Result<Vec<String>, OpsError> {
    let form = LutForm {
        gstin: input.gstin,
        number: input.number,
        valid_from: input.from,
        valid_to: input.to,
    };
    let lut = form.parse().map_err(OpsError::refused)?;
    let said = format!(
        "{} has the LUT {} from {} to {}",
        lut.gstin, lut.number, lut.valid_from, lut.valid_to
    );
    let db = database::actions(Arc::new(SystemClock))?;
    let (mut tx, by) = database::settle(&db, &input.tenant, "vitaran registration set-lut").await?;
    tenancy::set_lut(&mut tx, &by, lut)
        .await
        .map_err(OpsError::refused)?;
    tx.commit().await?;
    Ok(vec![said])
}
