//! GST registrations after the first: a place in another State, with its stock and its own numbers; and the letter of
//! undertaking (LUT) under which one supplies an SEZ without tax.

use diesel_async::RunQueryDsl as _;
use serde::Deserialize;
use serde_json::json;
use vitaran_kernel::{
    DocumentNumber, FinancialYear, Gstin, IstDate, LocationId, Pincode, RegistrationId, SeriesId,
    SeriesPrefix, Text,
};

use crate::access::{Allowed, PlatformSettingsWrite};
use crate::audit::{self, Change};
use crate::db::{DbError, Statement, TenantTx};
use crate::master::finish;
use crate::problem::{Fault, Faults, Invalid, Kind, Problem};

/// The form as typed.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct RegistrationForm {
    pub gstin: String,
    pub legal_name: String,
    pub trade_name: String,
    pub line1: String,
    pub line2: String,
    pub city: String,
    pub pincode: String,
    pub invoice_prefix: String,
    pub location_name: String,
}

/// A checked [`RegistrationForm`].
#[derive(Debug)]
pub struct NewRegistration {
    pub gstin: Gstin,
    pub legal_name: Text<200>,
    pub trade_name: Option<Text<200>>,
    pub line1: Text<100>,
    pub line2: Option<Text<100>>,
    pub city: Text<60>,
    pub pincode: Pincode,
    pub invoice_prefix: SeriesPrefix,
    pub location_name: Text<80>,
}

impl RegistrationForm {
    /// Every fault at once, beside its field.
    pub fn parse(&self) -> Result<NewRegistration, Invalid> {
        let mut faults = Faults::new();
        let gstin = faults.required("/gstin", &self.gstin, "the GSTIN", Gstin::parse_taxpayers);
        let legal_name = faults.required(
            "/legal_name",
            &self.legal_name,
            "the legal name",
            Text::parse,
        );
        let trade_name = faults.optional("/trade_name", &self.trade_name, Text::parse);
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
        check_together(
            &mut faults,
            gstin.as_ref(),
            pincode.as_ref(),
            prefix.as_ref(),
        );
        finish(faults, || {
            Some(NewRegistration {
                gstin: gstin?,
                legal_name: legal_name?,
                trade_name,
                line1: line1?,
                line2,
                city: city?,
                pincode: pincode?,
                invoice_prefix: prefix?,
                location_name: location_name?,
            })
        })
    }
}

/// What the parts of a registration ask of each other: the address lies in the GSTIN's State, and with the prefix
/// numbers keep to the length that the law allows.
pub(super) fn check_together(
    faults: &mut Faults,
    gstin: Option<&Gstin>,
    pincode: Option<&Pincode>,
    prefix: Option<&SeriesPrefix>,
) {
    if let (Some(gstin), Some(pincode)) = (gstin, pincode)
        && !gstin.state().matches_pincode(pincode)
    {
        faults.add(
            "/pincode",
            "state_mismatch",
            format!(
                "This PIN code is not in {}, the state of the GSTIN",
                gstin.state().name()
            ),
        );
    }
    if let Some(prefix) = prefix
        && let Err(error) = DocumentNumber::check_prefix(prefix)
    {
        faults.add("/invoice_prefix", "too_long", error.to_string());
    }
}

/// The LUT as typed.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct LutForm {
    pub gstin: String,
    pub number: String,
    pub valid_from: String,
    pub valid_to: String,
}

/// A checked [`LutForm`].
#[derive(Debug)]
pub struct SetLut {
    pub gstin: Gstin,
    /// The reference number (ARN) the portal has given.
    pub number: String,
    pub valid_from: IstDate,
    pub valid_to: IstDate,
}

/// An ARN is two letters and 13 letters or digits.
const ARN_LENGTH: usize = 15;

fn parse_arn(text: &str) -> Result<String, &'static str> {
    let arn = text.trim().to_ascii_uppercase();
    let begins_so = arn.bytes().take(2).all(|byte| byte.is_ascii_uppercase());
    if arn.len() == ARN_LENGTH && begins_so && arn.bytes().all(|b| b.is_ascii_alphanumeric()) {
        Ok(arn)
    } else {
        Err("Enter the ARN of the LUT, 15 letters and digits such as AD270426001234X")
    }
}

impl LutForm {
    /// Every fault at once, beside its field.
    pub fn parse(&self) -> Result<SetLut, Invalid> {
        let mut faults = Faults::new();
        let gstin = faults.required("/gstin", &self.gstin, "the GSTIN", Gstin::parse_taxpayers);
        let number = faults.required("/number", &self.number, "the ARN of the LUT", parse_arn);
        let date = |text: &str| IstDate::parse(text.trim());
        let from = faults.required("/valid_from", &self.valid_from, "the first day", date);
        let to = faults.required("/valid_to", &self.valid_to, "the last day", date);
        if let (Some(from), Some(to)) = (from, to) {
            // Rule 96A: an undertaking is given for a financial year.
            if to < from {
                faults.add(
                    "/valid_to",
                    "before_start",
                    "The last day is before the first",
                );
            } else if !FinancialYear::of(from).contains(to) {
                faults.add(
                    "/valid_to",
                    "other_year",
                    "An LUT holds for one financial year, which ends on 31 March",
                );
            }
        }
        finish(faults, || {
            Some(SetLut {
                gstin: gstin?,
                number: number?,
                valid_from: from?,
                valid_to: to?,
            })
        })
    }
}

#[derive(Debug, thiserror::Error)]
pub enum RegistrationError {
    #[error("{gstin} is registered here already")]
    GstinTaken { gstin: String },
    #[error("Another warehouse is called {name}")]
    LocationTaken { name: String },
    #[error("There is no registration {gstin}")]
    NotFound { gstin: String },
    #[error(transparent)]
    Db(#[from] DbError),
}

impl Problem for RegistrationError {
    fn kind(&self) -> Kind {
        match self {
            RegistrationError::GstinTaken { .. } | RegistrationError::LocationTaken { .. } => {
                Kind::Invalid
            }
            RegistrationError::NotFound { .. } => Kind::NotFound,
            RegistrationError::Db(error) => error.kind(),
        }
    }

    fn code(&self) -> &'static str {
        match self {
            RegistrationError::GstinTaken { .. } => "registrations.gstin_taken",
            RegistrationError::LocationTaken { .. } => "registrations.location_taken",
            RegistrationError::NotFound { .. } => "registrations.not_found",
            RegistrationError::Db(error) => error.code(),
        }
    }

    fn faults(&self) -> Vec<Fault> {
        let pointer = match self {
            RegistrationError::GstinTaken { .. } | RegistrationError::NotFound { .. } => "/gstin",
            RegistrationError::LocationTaken { .. } => "/location_name",
            RegistrationError::Db(_) => return Vec::new(),
        };
        vec![Fault::new(pointer, self.code(), self.to_string())]
    }
}

/// Adds a registration with a warehouse of its own and the series of its invoices.
pub async fn add_registration(
    tx: &mut TenantTx,
    _by: &Allowed<PlatformSettingsWrite>,
    input: NewRegistration,
) -> Result<RegistrationId, RegistrationError> {
    let (tenant, id) = (tx.tenant(), RegistrationId::generate());
    let rows = json!({
        "registration": {
            "tenant_id": tenant, "id": id, "gstin": input.gstin, "legal_name": input.legal_name, "trade_name": input.trade_name,
            "state_code": input.gstin.state(), "line1": input.line1, "line2": input.line2, "city": input.city, "pincode": input.pincode, "is_active": true,
        },
        "location": { "tenant_id": tenant, "id": LocationId::generate(), "registration_id": id, "name": input.location_name, "is_default": false, "is_active": true },
        "series": { "tenant_id": tenant, "id": SeriesId::generate(), "registration_id": id, "kind": "INVOICE", "prefix": input.invoice_prefix.as_str(), "is_active": true },
    });
    let added = Statement::new(
        "WITH r AS (INSERT INTO gst_registrations SELECT * FROM jsonb_populate_record(NULL::gst_registrations, $1->'registration')), \
         l AS (INSERT INTO locations SELECT * FROM jsonb_populate_record(NULL::locations, $1->'location')) \
         INSERT INTO document_series SELECT * FROM jsonb_populate_record(NULL::document_series, $1->'series')",
    )
    .bind(rows.clone())
    .execute(tx.conn()?)
    .await
    .map_err(DbError::from);
    match added {
        Err(error) if error.is_unique("uq_gst_registrations_tenant_id_gstin") => {
            return Err(RegistrationError::GstinTaken {
                gstin: input.gstin.to_string(),
            });
        }
        Err(error) if error.is_unique("uq_locations_tenant_id_name") => {
            return Err(RegistrationError::LocationTaken {
                name: input.location_name.to_string(),
            });
        }
        other => other?,
    };
    audit::record(
        tx,
        "platform.registrations.add",
        "gst_registration",
        Some(id.as_uuid()),
        Change::created(&rows),
    )
    .await?;
    Ok(id)
}

/// Notes the LUT of a registration in place of one it had.
pub async fn set_lut(
    tx: &mut TenantTx,
    _by: &Allowed<PlatformSettingsWrite>,
    input: SetLut,
) -> Result<(), RegistrationError> {
    let changed = Statement::new(
        "UPDATE gst_registrations SET lut_number = $3, lut_valid_from = $4, lut_valid_to = $5 WHERE tenant_id = $1 AND gstin = $2",
    )
    .bind(tx.tenant().as_uuid())
    .bind(input.gstin.as_str())
    .bind(input.number.as_str())
    .bind(input.valid_from.as_naive())
    .bind(input.valid_to.as_naive())
    .execute(tx.conn()?)
    .await
    .map_err(DbError::from)?;
    if changed == 0 {
        return Err(RegistrationError::NotFound {
            gstin: input.gstin.to_string(),
        });
    }
    let lut = json!({ "gstin": input.gstin, "number": input.number, "valid_from": input.valid_from, "valid_to": input.valid_to });
    audit::record(
        tx,
        "platform.registrations.set_lut",
        "gst_registration",
        None,
        Change::created(&lut),
    )
    .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_undertaking_holds_within_one_financial_year() {
        let form = |number: &str, from: &str, to: &str| LutForm {
            gstin: "27AAPFU0939F1ZV".to_owned(),
            number: number.to_owned(),
            valid_from: from.to_owned(),
            valid_to: to.to_owned(),
        };
        let arn = "ad270426001234x";
        let lut = form(arn, "2026-04-01", "2027-03-31").parse().unwrap();
        assert_eq!(lut.number, "AD270426001234X");
        for (number, from, to, pointer) in [
            (arn, "2026-04-01", "2027-04-01", "/valid_to"),
            (arn, "2026-04-02", "2026-04-01", "/valid_to"),
            (arn, "1 April", "2027-03-31", "/valid_from"),
            ("AD2704260012", "2026-04-01", "2027-03-31", "/number"),
            ("27042600123456X", "2026-04-01", "2027-03-31", "/number"),
        ] {
            let faults = form(number, from, to).parse().unwrap_err().faults;
            assert_eq!(faults.len(), 1, "{number} {from} {to}");
            assert_eq!(faults[0].pointer, pointer);
        }
    }

    #[test]
    fn a_registration_lies_in_the_state_of_its_gstin() {
        let form = RegistrationForm {
            gstin: "29AABCR1718E1ZL".to_owned(),
            legal_name: "Volt Distributors Pvt Ltd".to_owned(),
            line1: "5 Peenya".to_owned(),
            city: "Bengaluru".to_owned(),
            pincode: "400001".to_owned(),
            invoice_prefix: "VLB".to_owned(),
            location_name: "Peenya".to_owned(),
            ..RegistrationForm::default()
        };
        let faults = form.parse().unwrap_err().faults;
        assert_eq!(faults.len(), 1);
        assert_eq!(faults[0].code, "state_mismatch");
        let put_right = RegistrationForm {
            pincode: "560058".to_owned(),
            ..form
        };
        assert!(put_right.parse().is_ok());
    }
}
