//! A new tenant, complete enough to sell: settings, GST registration, default location, invoice series, default price
//! list and the first administrator, in one transaction.

use diesel_async::RunQueryDsl as _;
use serde::Deserialize;
use serde_json::{Value, json};
use vitaran_kernel::{
    EmailAddress, Gstin, LocationId, Pincode, PriceListId, RegistrationId, SeriesId, SeriesPrefix,
    Slug, TenantId, Text,
};

use super::members::insert_member;
use super::registrations::check_together;
use super::{AddMemberError, PlatformOperator};
use crate::access::{Role, TenantRef};
use crate::db::{Db, DbError, Statement};
use crate::identity::{NewPassword, PasswordCost, hash_password, words_of};
use crate::problem::{Fault, Faults, Invalid, Kind, Problem};

/// Printed on every invoice until the tenant words its own.
pub const DEFAULT_DECLARATION: &str = "We declare that this invoice shows the actual price of the goods described and that all particulars are true and correct.";

/// The form as typed.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct TenantForm {
    pub slug: String,
    pub name: String,
    pub gstin: String,
    pub legal_name: String,
    pub line1: String,
    pub line2: String,
    pub city: String,
    pub pincode: String,
    pub invoice_prefix: String,
    pub location_name: String,
    pub admin_name: String,
    pub admin_email: String,
    pub admin_password: String,
}

/// A checked [`TenantForm`].
#[derive(Debug)]
pub struct NewTenant {
    pub slug: Slug,
    pub name: Text<120>,
    pub gstin: Gstin,
    pub legal_name: Text<200>,
    pub line1: Text<100>,
    pub line2: Option<Text<100>>,
    pub city: Text<60>,
    pub pincode: Pincode,
    pub invoice_prefix: SeriesPrefix,
    pub location_name: Text<80>,
    pub admin_name: Text<120>,
    pub admin_email: EmailAddress,
    pub admin_password: NewPassword,
}

impl TenantForm {
    /// Every fault at once, beside its field.
    pub fn parse(&self) -> Result<NewTenant, Invalid> {
        let mut faults = Faults::new();
        let slug = faults.required(
            "/slug",
            &self.slug,
            "a short name for addresses",
            Slug::parse,
        );
        let name = faults.required("/name", &self.name, "the name", Text::parse);
        let gstin = faults.required("/gstin", &self.gstin, "the GSTIN", Gstin::parse_taxpayers);
        let legal_name = faults.required(
            "/legal_name",
            &self.legal_name,
            "the legal name",
            Text::parse,
        );
        let line1 = faults.required("/line1", &self.line1, "the address", Text::parse);
        let line2 = faults.optional("/line2", &self.line2, Text::parse);
        let city = faults.required("/city", &self.city, "the city", Text::parse);
        let pincode = faults.required("/pincode", &self.pincode, "the PIN code", Pincode::parse);
        let prefix = faults.required(
            "/invoice_prefix",
            &self.invoice_prefix,
            "the prefix of invoice numbers",
            SeriesPrefix::parse,
        );
        let location_name = faults.required(
            "/location_name",
            &self.location_name,
            "the name of the warehouse",
            Text::parse,
        );
        let admin_name = faults.required(
            "/admin_name",
            &self.admin_name,
            "the administrator's name",
            Text::parse,
        );
        let admin_email = faults.required(
            "/admin_email",
            &self.admin_email,
            "the administrator's e-mail",
            EmailAddress::parse,
        );
        let companies = [self.name.as_str(), self.legal_name.as_str()];
        let words = words_of(&self.admin_name, &self.admin_email, companies);
        let admin_password = faults.required(
            "/admin_password",
            &self.admin_password,
            "a first password",
            |text| NewPassword::parse_for(text, &words),
        );
        check_together(
            &mut faults,
            gstin.as_ref(),
            pincode.as_ref(),
            prefix.as_ref(),
        );
        match (slug, name, gstin, legal_name, line1, city, pincode, prefix) {
            (
                Some(slug),
                Some(name),
                Some(gstin),
                Some(legal_name),
                Some(line1),
                Some(city),
                Some(pincode),
                Some(invoice_prefix),
            ) if faults.is_empty() => {
                let (
                    Some(location_name),
                    Some(admin_name),
                    Some(admin_email),
                    Some(admin_password),
                ) = (location_name, admin_name, admin_email, admin_password)
                else {
                    return Err(faults.into_invalid());
                };
                Ok(NewTenant {
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
                })
            }
            _ => Err(faults.into_invalid()),
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum CreateTenantError {
    #[error("Another tenant is called {slug}")]
    SlugTaken { slug: String },
    #[error(transparent)]
    Member(#[from] AddMemberError),
    #[error("the password could not be hashed: {0}")]
    Hashing(String),
    #[error(transparent)]
    Db(#[from] DbError),
}

impl Problem for CreateTenantError {
    fn kind(&self) -> Kind {
        match self {
            CreateTenantError::SlugTaken { .. } => Kind::Invalid,
            CreateTenantError::Member(error) => error.kind(),
            CreateTenantError::Hashing(_) => Kind::Internal,
            CreateTenantError::Db(error) => error.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            CreateTenantError::SlugTaken { .. } => "tenants.slug_taken",
            CreateTenantError::Member(error) => error.code(),
            CreateTenantError::Hashing(_) => "service.internal",
            CreateTenantError::Db(error) => error.code(),
        }
    }

    fn faults(&self) -> Vec<Fault> {
        match self {
            CreateTenantError::SlugTaken { .. } => {
                vec![Fault::new("/slug", "taken", self.to_string())]
            }
            CreateTenantError::Member(error) => error.faults(),
            _ => Vec::new(),
        }
    }
}

/// Creates the tenant. A hash costs what every other one does: one that is cheaper would tell by time whose it is.
pub async fn create_tenant(
    db: &Db,
    by: &PlatformOperator,
    cost: PasswordCost,
    input: NewTenant,
) -> Result<TenantRef, CreateTenantError> {
    let password_hash = hash_password(input.admin_password, cost)
        .await
        .map_err(|error| CreateTenantError::Hashing(error.to_string()))?;
    let tenant = TenantRef {
        id: TenantId::generate(),
        slug: input.slug.to_string(),
        name: input.name.to_string(),
    };
    let mut tx = db.begin_platform().await?;
    if let Some(user) = by.user() {
        tx.act_as(user.id).await?;
    }
    tx.enter(tenant.id).await?;
    let registration = RegistrationId::generate().as_uuid();
    let rows: Value = json!({
        "tenant": { "id": tenant.id, "slug": tenant.slug, "name": tenant.name, "status": "ACTIVE", "created_at": tx.now(), "version": 1, "modules_off": [] },
        "registration": {
            "tenant_id": tenant.id, "id": registration, "gstin": input.gstin, "legal_name": input.legal_name, "trade_name": input.name,
            "state_code": input.gstin.state(), "line1": input.line1, "line2": input.line2, "city": input.city, "pincode": input.pincode, "is_active": true,
        },
        "location": { "tenant_id": tenant.id, "id": LocationId::generate(), "registration_id": registration, "name": input.location_name, "is_default": true, "is_active": true },
        "series": { "tenant_id": tenant.id, "id": SeriesId::generate(), "registration_id": registration, "kind": "INVOICE", "prefix": input.invoice_prefix.as_str(), "is_active": true },
        "price_list": { "tenant_id": tenant.id, "id": PriceListId::generate(), "name": "Standard", "is_default": true, "is_active": true, "version": 1 },
        "settings": { "tenant_id": tenant.id, "invoice_declaration": DEFAULT_DECLARATION, "updated_at": tx.now() },
    });
    let created = Statement::new(
        "WITH t AS (INSERT INTO tenants SELECT * FROM jsonb_populate_record(NULL::tenants, $1->'tenant')), \
         s AS (INSERT INTO tenant_settings SELECT * FROM jsonb_populate_record(NULL::tenant_settings, $1->'settings')), \
         r AS (INSERT INTO gst_registrations SELECT * FROM jsonb_populate_record(NULL::gst_registrations, $1->'registration')), \
         l AS (INSERT INTO locations SELECT * FROM jsonb_populate_record(NULL::locations, $1->'location')), \
         p AS (INSERT INTO price_lists SELECT * FROM jsonb_populate_record(NULL::price_lists, $1->'price_list')) \
         INSERT INTO document_series SELECT * FROM jsonb_populate_record(NULL::document_series, $1->'series')",
    )
    .bind(rows)
    .execute(tx.conn()?)
    .await
    .map_err(DbError::from);
    match created {
        Err(error) if error.is_unique("uq_tenants_slug") => {
            return Err(CreateTenantError::SlugTaken { slug: tenant.slug });
        }
        other => other?,
    };
    insert_member(
        &mut tx,
        tenant.id,
        &input.admin_email,
        &input.admin_name,
        &password_hash,
        Role::Admin,
        None,
    )
    .await?;
    let after = json!({
        "slug": tenant.slug, "name": tenant.name, "gstin": input.gstin, "legal_name": input.legal_name,
        "invoice_prefix": input.invoice_prefix.as_str(), "admin_email": input.admin_email,
    });
    let object = ("tenant", tenant.id.as_uuid());
    by.record(&mut tx, tenant.id, "tenancy.tenant.create", object, after)
        .await?;
    tx.commit().await?;
    tracing::info!(tenant.id = %tenant.id, tenant.slug = %tenant.slug, by = by.name(), "tenant created");
    Ok(tenant)
}
