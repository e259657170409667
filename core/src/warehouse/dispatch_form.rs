//! The transport of a dispatch, as typed and as checked.

use serde::Deserialize;
use vitaran_kernel::{EwayBillNumber, IstDate, Text, VehicleNumber};

use crate::problem::{Faults, Invalid};

/// The longest road in India is well below this, in kilometres.
const MAX_DISTANCE_KM: u16 = 4000;

/// The dispatch form as typed.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct DispatchForm {
    pub transporter: String,
    pub lr_number: String,
    pub lr_date: String,
    pub vehicle_number: String,
    pub distance_km: String,
    pub eway_bill_number: String,
}

/// A checked [`DispatchForm`].
#[derive(Debug)]
pub struct DispatchOrder {
    pub transporter: Text<120>,
    /// Of the lorry receipt or another transport document.
    pub lr_number: Option<Text<40>>,
    pub lr_date: Option<IstDate>,
    pub vehicle_number: Option<VehicleNumber>,
    pub distance_km: Option<u16>,
    pub eway_bill_number: Option<EwayBillNumber>,
    pub expected_version: Option<i32>,
}

impl DispatchForm {
    pub fn parse(&self) -> Result<DispatchOrder, Invalid> {
        let mut faults = Faults::new();
        let transporter = faults.required(
            "/transporter",
            &self.transporter,
            "the transporter, or “own vehicle”",
            Text::parse,
        );
        let lr_number = faults.optional("/lr_number", &self.lr_number, Text::parse);
        let lr_date = faults.optional("/lr_date", &self.lr_date, |text| {
            IstDate::parse(text.trim())
        });
        let vehicle_number = faults.optional(
            "/vehicle_number",
            &self.vehicle_number,
            VehicleNumber::parse,
        );
        let eway_bill_number = faults.optional(
            "/eway_bill_number",
            &self.eway_bill_number,
            EwayBillNumber::parse,
        );
        let distance_km = faults.optional("/distance_km", &self.distance_km, |text| {
            match text.trim().parse::<u16>() {
                Ok(km) if (1..=MAX_DISTANCE_KM).contains(&km) => Ok(km),
                _ => Err(format!(
                    "Enter whole kilometres from 1 to {MAX_DISTANCE_KM}"
                )),
            }
        });
        match transporter {
            Some(transporter) if faults.is_empty() => Ok(DispatchOrder {
                transporter,
                lr_number,
                lr_date,
                vehicle_number,
                distance_km,
                eway_bill_number,
                expected_version: None,
            }),
            _ => Err(faults.into_invalid()),
        }
    }
}

impl DispatchOrder {
    /// The goods leave `today`: nothing that goes with them is dated later, or before they were `ordered`.
    pub(super) fn check_days(&self, ordered: IstDate, today: IstDate) -> Result<(), Invalid> {
        let mut faults = Faults::new();
        if self.lr_date.is_some_and(|day| day < ordered || day > today) {
            faults.add(
                "/lr_date",
                "out_of_range",
                format!(
                    "Enter a day from {}, when this was ordered, to today, {}",
                    ordered.long(),
                    today.long()
                ),
            );
        }
        faults.check()
    }
}
