//! What a tenant says of itself: where invoices are paid, what they declare, whom a dealer asks.
//!
//! Only what is named changes; a name with nothing behind it clears the setting.

use diesel::QueryableByName;
use diesel::sql_types::{Nullable, Text as SqlText};
use diesel_async::RunQueryDsl as _;
use serde::{Deserialize, Serialize};
use vitaran_kernel::{EmailAddress, Note, Phone, Text, UpiAddress};

use crate::access::{Actor, Allowed, PlatformSettingsWrite};
use crate::audit::{self, Change};
use crate::db::{Db, DbError, Statement, TenantTx};
use crate::identity::SuspendedTenant;
use crate::master::finish;
use crate::problem::{Fault, Faults, Invalid, Kind, Problem};

/// The form as typed; `None` leaves a setting as it is.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct SettingsForm {
    pub upi_vpa: Option<String>,
    pub upi_payee: Option<String>,
    pub declaration: Option<String>,
    pub terms: Option<String>,
    pub support_phone: Option<String>,
    pub support_email: Option<String>,
}

/// What becomes of a setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edit<T> {
    Keep,
    Clear,
    Set(T),
}

impl<T: AsRef<str>> Edit<T> {
    fn apply(&self, setting: &mut Option<String>) {
        match self {
            Edit::Keep => {}
            Edit::Clear => *setting = None,
            Edit::Set(value) => *setting = Some(value.as_ref().to_owned()),
        }
    }
}

/// A checked [`SettingsForm`].
#[derive(Debug)]
pub struct SetSettings {
    pub upi_vpa: Edit<UpiAddress>,
    pub upi_payee: Edit<Text<80>>,
    /// Every invoice has one.
    pub declaration: Option<Text<500>>,
    pub terms: Edit<Note<1000>>,
    pub support_phone: Edit<Phone>,
    pub support_email: Edit<EmailAddress>,
}

impl SettingsForm {
    /// Every fault at once, beside its field.
    pub fn parse(&self) -> Result<SetSettings, Invalid> {
        let mut faults = Faults::new();
        let upi_vpa = edit(&mut faults, "/upi_vpa", &self.upi_vpa, UpiAddress::parse);
        let upi_payee = edit(&mut faults, "/upi_payee", &self.upi_payee, Text::parse);
        let declaration = self
            .declaration
            .as_deref()
            .and_then(|text| faults.required("/declaration", text, "the declaration", Text::parse));
        let terms = edit(&mut faults, "/terms", &self.terms, Note::parse);
        let phone = edit(
            &mut faults,
            "/support_phone",
            &self.support_phone,
            Phone::parse,
        );
        let email = edit(
            &mut faults,
            "/support_email",
            &self.support_email,
            EmailAddress::parse,
        );
        finish(faults, || {
            Some(SetSettings {
                upi_vpa: upi_vpa?,
                upi_payee: upi_payee?,
                declaration,
                terms: terms?,
                support_phone: phone?,
                support_email: email?,
            })
        })
    }
}

fn edit<T, E: std::fmt::Display>(
    faults: &mut Faults,
    pointer: &str,
    typed: &Option<String>,
    parse: impl FnOnce(&str) -> Result<T, E>,
) -> Option<Edit<T>> {
    match typed {
        None => Some(Edit::Keep),
        Some(text) if text.trim().is_empty() => Some(Edit::Clear),
        Some(text) => faults.take(pointer, parse(text)).map(Edit::Set),
    }
}

/// The settings as they stand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, QueryableByName)]
pub struct Settings {
    #[diesel(sql_type = Nullable<SqlText>)]
    pub upi_vpa: Option<String>,
    #[diesel(sql_type = Nullable<SqlText>)]
    pub upi_payee: Option<String>,
    #[diesel(sql_type = SqlText)]
    pub invoice_declaration: String,
    #[diesel(sql_type = Nullable<SqlText>)]
    pub invoice_terms: Option<String>,
    #[diesel(sql_type = Nullable<SqlText>)]
    pub support_phone: Option<String>,
    #[diesel(sql_type = Nullable<SqlText>)]
    pub support_email: Option<String>,
}

impl Settings {
    /// Pure: these settings with the changes made.
    fn with(&self, input: &SetSettings) -> Result<Settings, SetSettingsError> {
        let mut after = self.clone();
        input.upi_vpa.apply(&mut after.upi_vpa);
        input.upi_payee.apply(&mut after.upi_payee);
        if let Some(declaration) = &input.declaration {
            after.invoice_declaration = declaration.to_string();
        }
        input.terms.apply(&mut after.invoice_terms);
        input.support_phone.apply(&mut after.support_phone);
        input.support_email.apply(&mut after.support_email);
        if after.upi_vpa.is_some() != after.upi_payee.is_some() {
            return Err(SetSettingsError::HalfOfUpi);
        }
        Ok(after)
    }
}

#[derive(Debug, thiserror::Error)]
pub enum SetSettingsError {
    #[error("A UPI address needs the payee's name, and the name an address")]
    HalfOfUpi,
    #[error(transparent)]
    Db(#[from] DbError),
}

impl Problem for SetSettingsError {
    fn kind(&self) -> Kind {
        match self {
            SetSettingsError::HalfOfUpi => Kind::Invalid,
            SetSettingsError::Db(error) => error.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            SetSettingsError::HalfOfUpi => "tenants.half_of_upi",
            SetSettingsError::Db(error) => error.code(),
        }
    }

    fn faults(&self) -> Vec<Fault> {
        match self {
            SetSettingsError::HalfOfUpi => {
                vec![Fault::new("/upi_payee", self.code(), self.to_string())]
            }
            SetSettingsError::Db(_) => Vec::new(),
        }
    }
}

/// Changes the settings that are named. Invoices that exist keep the words they were issued with.
pub async fn set_settings(
    tx: &mut TenantTx,
    _by: &Allowed<PlatformSettingsWrite>,
    input: SetSettings,
) -> Result<Settings, SetSettingsError> {
    let tenant = tx.tenant().as_uuid();
    let before: Settings = Statement::new(
        "SELECT upi_vpa, upi_payee, invoice_declaration, invoice_terms, support_phone, support_email \
         FROM tenant_settings WHERE tenant_id = $1 FOR UPDATE",
    )
    .bind(tenant)
    .get_result(tx.conn()?)
    .await
    .map_err(DbError::from)?;
    let after = before.with(&input)?;
    Statement::new(
        "UPDATE tenant_settings SET upi_vpa = $2, upi_payee = $3, invoice_declaration = $4, invoice_terms = $5, \
         support_phone = $6, support_email = $7, updated_at = $8 WHERE tenant_id = $1",
    )
    .bind(tenant)
    .bind(after.upi_vpa.clone())
    .bind(after.upi_payee.clone())
    .bind(after.invoice_declaration.clone())
    .bind(after.invoice_terms.clone())
    .bind(after.support_phone.clone())
    .bind(after.support_email.clone())
    .bind(tx.now())
    .execute(tx.conn()?)
    .await
    .map_err(DbError::from)?;
    audit::record(
        tx,
        "platform.settings.set",
        "tenant_settings",
        Some(tenant),
        Change::updated(&before, &after),
    )
    .await?;
    Ok(after)
}

/// Whom a dealer asks.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct Helpline {
    #[diesel(sql_type = Nullable<SqlText>)]
    pub phone: Option<String>,
    #[diesel(sql_type = Nullable<SqlText>)]
    pub email: Option<String>,
}

/// Whom the dealers of a suspended tenant ask; that they may know it, a look-up of theirs has said.
pub async fn helpline(db: &Db, of: &SuspendedTenant) -> Result<Helpline, DbError> {
    let mut tx = db.begin_as(&Actor::system(of.tenant.id, "sign-in")).await?;
    let found = Statement::new(
        "SELECT support_phone AS phone, support_email AS email FROM tenant_settings WHERE tenant_id = $1",
    )
    .bind(of.tenant.id.as_uuid())
    .get_result(tx.conn()?)
    .await?;
    tx.commit().await?;
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testkit::test_tx;

    fn typed(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    #[test]
    fn each_setting_is_held_to_its_rule_and_every_fault_is_named() {
        let form = SettingsForm {
            upi_vpa: typed("volt"),
            upi_payee: typed(&"x".repeat(81)),
            declaration: typed(" "),
            terms: typed(&"x".repeat(1_001)),
            support_phone: typed("12"),
            support_email: typed("volt"),
        };
        let faults = form.parse().unwrap_err().faults;
        let pointers: Vec<_> = faults.iter().map(|fault| fault.pointer.as_str()).collect();
        let all = [
            "/upi_vpa",
            "/upi_payee",
            "/declaration",
            "/terms",
            "/support_phone",
            "/support_email",
        ];
        assert_eq!(pointers, all);
    }

    #[tokio::test]
    async fn what_is_named_changes_what_is_empty_goes_and_the_rest_stays() {
        let mut t = test_tx().await;
        let by = t.actor().allow().unwrap();
        let first = SettingsForm {
            upi_vpa: typed("Volt@OkBank"),
            upi_payee: typed("Volt Distributors"),
            terms: typed("Goods once sold\nare not taken back"),
            support_phone: typed("98765 00001"),
            ..SettingsForm::default()
        };
        set_settings(&mut t, &by, first.parse().unwrap())
            .await
            .unwrap();
        let second = SettingsForm {
            declaration: typed("We declare it."),
            terms: typed(""),
            ..SettingsForm::default()
        };
        let now = set_settings(&mut t, &by, second.parse().unwrap())
            .await
            .unwrap();
        let wanted = Settings {
            upi_vpa: typed("volt@okbank"),
            upi_payee: typed("Volt Distributors"),
            invoice_declaration: "We declare it.".to_owned(),
            invoice_terms: None,
            support_phone: typed("+919876500001"),
            support_email: None,
        };
        assert_eq!(now, wanted);

        let half = SettingsForm {
            upi_payee: typed(""),
            ..SettingsForm::default()
        };
        let refused = set_settings(&mut t, &by, half.parse().unwrap()).await;
        assert_eq!(refused.unwrap_err().code(), "tenants.half_of_upi");
    }
}
