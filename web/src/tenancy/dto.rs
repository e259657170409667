//! The register of distributors as the API gives and takes it.

use chrono::{DateTime, Utc};
use poem_openapi::Object;
use vitaran_core::tenancy::{self, RenameForm, SuspendForm, TenantForm, TenantSummary, VisitForm};

/// A distributor in the register.
#[derive(Debug, Clone, Object)]
pub struct RegisteredTenant {
    /// What the header `X-Tenant-ID` holds.
    pub(super) id: uuid::Uuid,
    /// Its short name, which never changes.
    slug: String,
    name: String,
    /// `ACTIVE` or `SUSPENDED`.
    status: String,
    created_at: DateTime<Utc>,
    version: i32,
}

impl From<TenantSummary> for RegisteredTenant {
    fn from(tenant: TenantSummary) -> Self {
        let TenantSummary {
            id,
            slug,
            name,
            status,
            created_at,
            version,
        } = tenant;
        RegisteredTenant {
            id: id.as_uuid(),
            slug,
            name,
            status: status.as_str().to_owned(),
            created_at,
            version,
        }
    }
}

/// A distributor to be: who it is by law, where it keeps its goods, and who runs it.
#[derive(Object)]
#[oai(deny_unknown_fields)]
pub struct NewTenant {
    /// For addresses: 2 to 40 small letters, digits and hyphens. Another than every other distributor's.
    slug: String,
    name: String,
    /// Of a regular taxpayer.
    gstin: String,
    /// As on the GST certificate.
    legal_name: String,
    line1: String,
    line2: Option<String>,
    city: String,
    pincode: String,
    /// What invoice numbers begin with, up to three capitals and digits.
    invoice_prefix: String,
    /// Of the warehouse.
    location_name: String,
    /// Of the first administrator, who keeps the name and the password of an account there is already.
    admin_name: String,
    admin_email: String,
    /// At least 12 characters.
    admin_password: String,
}

impl From<NewTenant> for TenantForm {
    fn from(tenant: NewTenant) -> Self {
        let NewTenant {
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
            admin_password,
        } = tenant;
        TenantForm {
            slug,
            name,
            gstin,
            legal_name,
            line1,
            line2: line2.unwrap_or_default(),
            city,
            pincode,
            invoice_prefix,
            location_name,
            admin_name,
            admin_email,
            admin_password,
        }
    }
}

/// What a distributor is called from now on.
#[derive(Object)]
#[oai(deny_unknown_fields)]
pub struct TenantName {
    /// Up to 120 characters.
    name: String,
}

impl From<TenantName> for RenameForm {
    fn from(TenantName { name }: TenantName) -> Self {
        RenameForm { name }
    }
}

/// Why a distributor is suspended.
#[derive(Object)]
#[oai(deny_unknown_fields)]
pub struct Suspension {
    /// Up to 500 characters; the distributor finds them in its audit log.
    reason: String,
}

impl From<Suspension> for SuspendForm {
    fn from(Suspension { reason }: Suspension) -> Self {
        SuspendForm { reason }
    }
}

/// Why somebody of the platform works in a distributor.
#[derive(Object)]
#[oai(deny_unknown_fields)]
pub struct NewVisit {
    /// 5 to 500 characters; the distributor finds them in its audit log.
    reason: String,
    /// Whether things may be changed; otherwise one only looks.
    may_write: Option<bool>,
}

impl From<NewVisit> for VisitForm {
    fn from(NewVisit { reason, may_write }: NewVisit) -> Self {
        VisitForm {
            reason,
            may_write: may_write.unwrap_or_default().then(|| "yes".to_owned()),
        }
    }
}

/// A support visit.
#[derive(Debug, Clone, Object)]
pub struct Visit {
    id: uuid::Uuid,
    may_write: bool,
    /// An hour after it began, at the latest.
    ends_at: DateTime<Utc>,
}

impl From<tenancy::Visit> for Visit {
    fn from(visit: tenancy::Visit) -> Self {
        Visit {
            id: visit.id.as_uuid(),
            may_write: visit.may_write,
            ends_at: visit.ends_at,
        }
    }
}
