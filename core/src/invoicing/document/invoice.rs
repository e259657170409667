//! What a tax invoice states, as it was frozen when it was issued.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use vitaran_kernel::supply::SupplyClause;
use vitaran_kernel::{
    DocumentNumber, DocumentTotals, EmailAddress, EwayBillNumber, Gstin, Hsn, IstDate, Money,
    OrderNumber, Phone, Pincode, Quantity, Rate, Sku, StateCode, SupplyKind, TaxSplit, UnitPrice,
    Uqc, VehicleNumber,
};

/// Everything that is printed on a tax invoice. The figures agree with each other because the
/// one who issues computed them together; the page only shows them.
#[derive(Debug, Clone)]
pub struct InvoiceDocument {
    /// Says series and financial year too.
    pub number: DocumentNumber,
    pub issued_on: IstDate,
    /// The PDF's date of creation, so that rendering again gives the same document.
    pub issued_at: DateTime<Utc>,
    pub order_number: OrderNumber,
    pub ordered_on: IstDate,
    pub seller: Seller,
    pub buyer: Buyer,
    /// Printed only when it is another place or person than the buyer.
    pub ship_to: ShipTo,
    pub place_of_supply: StateCode,
    pub supply_clause: SupplyClause,
    pub supply_kind: SupplyKind,
    /// The recipient pays the tax (CGST Act 9(3), 9(4)); none is charged on the invoice.
    pub reverse_charge: bool,
    pub transport: Transport,
    pub lines: Vec<DocumentLine>,
    /// The lines added up by HSN, unit and rate.
    pub tax_summary: Vec<SummaryRow>,
    pub totals: DocumentTotals,
    pub amount_in_words: String,
    /// What the law wants said of an export or a supply to a special economic zone.
    pub endorsement: Option<String>,
    pub declaration: String,
    /// One term a line.
    pub terms: Option<String>,
    pub upi: Option<Upi>,
    /// Of the chain of invoices: SHA-256 in 64 hex digits.
    pub hash: String,
}

/// The registration that supplies (CGST Rule 46(a)).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seller {
    pub legal_name: String,
    pub trade_name: Option<String>,
    pub gstin: Gstin,
    pub address: PostalAddress,
    pub phone: Option<Phone>,
    pub email: Option<EmailAddress>,
    /// The letter of undertaking in force on the day, printed when the supply relies on it.
    pub lut_number: Option<String>,
}

/// The recipient (CGST Rule 46(d) to (f)).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Buyer {
    pub legal_name: String,
    pub trade_name: Option<String>,
    /// `None` is an unregistered buyer.
    pub gstin: Option<Gstin>,
    pub address: PostalAddress,
    pub phone: Option<Phone>,
}

/// Where the goods go (CGST Rule 46(o)).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShipTo {
    pub name: String,
    /// `None` is an unregistered person, "URP" on the portals.
    pub gstin: Option<Gstin>,
    pub address: PostalAddress,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PostalAddress {
    /// Building and street, without city, State and PIN code.
    pub lines: Vec<String>,
    pub city: String,
    pub state: StateCode,
    pub pincode: Pincode,
}

/// How the goods travel. All of it is left off the page where it is not known.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Transport {
    pub transporter: Option<String>,
    /// Of the lorry receipt, or another transport document.
    pub lr_number: Option<String>,
    pub lr_date: Option<IstDate>,
    pub vehicle_number: Option<VehicleNumber>,
    pub distance_km: Option<u16>,
    pub eway_bill_number: Option<EwayBillNumber>,
}

/// A line of goods (CGST Rule 46(g) to (m)).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentLine {
    pub line_no: u16,
    pub name: String,
    pub sku: Sku,
    pub hsn: Hsn,
    pub uqc: Uqc,
    pub quantity: Quantity,
    pub unit_price: UnitPrice,
    /// The whole GST rate; its halves are printed where two taxes are charged.
    pub tax_rate: Rate,
    pub taxable: Money,
    pub tax: TaxSplit,
    pub total: Money,
}

/// The lines of one HSN, unit and rate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SummaryRow {
    pub hsn: Hsn,
    pub uqc: Uqc,
    pub tax_rate: Rate,
    pub quantity: Quantity,
    pub taxable: Money,
    pub tax: TaxSplit,
}

/// Where the buyer may pay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Upi {
    /// The virtual payment address, such as `voltdist@okbank`.
    pub vpa: String,
    /// The name that the payer's app shows.
    pub payee: String,
}

impl InvoiceDocument {
    /// Whether the goods go to another place or person than the buyer's own, so that the address
    /// of delivery has to be stated (CGST Rule 46(o)).
    #[must_use]
    pub fn ships_elsewhere(&self) -> bool {
        let is_buyer = self.ship_to.name == self.buyer.legal_name
            || self.buyer.trade_name.as_ref() == Some(&self.ship_to.name);
        !is_buyer
            || self.ship_to.gstin != self.buyer.gstin
            || self.ship_to.address != self.buyer.address
    }
}
