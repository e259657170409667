//! Invoices as the API shows them.

use chrono::{DateTime, NaiveDate, Utc};
use poem_openapi::Object;
use vitaran_core::invoicing::document::{self, DocumentLine, InvoiceDocument, PostalAddress};
use vitaran_core::invoicing::{InvoiceDetail, InvoiceSummary};
use vitaran_kernel::Gstin;

use crate::http::types::{Money, Quantity, Rate, UnitPrice};
use crate::orders::dto::PlaceOfSupply;

/// A row of the list of invoices.
#[derive(Debug, Clone, Object)]
#[oai(rename = "InvoiceSummary")]
pub struct InvoiceRow {
    id: uuid::Uuid,
    /// As printed, such as `VLT/26-27/000123`.
    number: String,
    issued_at: DateTime<Utc>,
    order_id: uuid::Uuid,
    order_number: String,
    dealer_id: uuid::Uuid,
    dealer_name: String,
    total: Money,
    /// Received against it.
    paid: Money,
    /// Still owed.
    open: Money,
    /// When it was issued, or paid in part or in full.
    updated_at: DateTime<Utc>,
}

impl From<InvoiceSummary> for InvoiceRow {
    fn from(invoice: InvoiceSummary) -> Self {
        let open = invoice.open().into();
        let InvoiceSummary {
            id,
            number,
            issued_at,
            order_id,
            order_number,
            dealer_id,
            dealer_name,
            total,
            paid,
            updated_at,
        } = invoice;
        InvoiceRow {
            id: id.as_uuid(),
            number,
            issued_at,
            order_id: order_id.as_uuid(),
            order_number,
            dealer_id: dealer_id.as_uuid(),
            dealer_name,
            total: total.into(),
            paid: paid.into(),
            updated_at,
            open,
        }
    }
}

/// A party of an invoice, as it stood on the day.
#[derive(Debug, Clone, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct InvoiceParty {
    name: String,
    trade_name: Option<String>,
    /// Absent for an unregistered buyer.
    gstin: Option<String>,
    /// The two digits of the GST State code.
    state_code: String,
    address_lines: Vec<String>,
    city: String,
    pincode: String,
}

fn party(
    name: &str,
    trade_name: Option<&String>,
    gstin: Option<&Gstin>,
    at: &PostalAddress,
) -> InvoiceParty {
    InvoiceParty {
        name: name.to_owned(),
        trade_name: trade_name.cloned(),
        gstin: gstin.map(ToString::to_string),
        state_code: at.state.as_str().to_owned(),
        address_lines: at.lines.clone(),
        city: at.city.clone(),
        pincode: at.pincode.to_string(),
    }
}

/// How the goods travelled.
#[derive(Debug, Clone, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct InvoiceTransport {
    transporter: Option<String>,
    lr_number: Option<String>,
    lr_date: Option<NaiveDate>,
    vehicle_number: Option<String>,
    distance_km: Option<u16>,
    eway_bill_number: Option<String>,
}

impl From<document::Transport> for InvoiceTransport {
    fn from(transport: document::Transport) -> Self {
        let document::Transport {
            transporter,
            lr_number,
            lr_date,
            vehicle_number,
            distance_km,
            eway_bill_number,
        } = transport;
        InvoiceTransport {
            transporter,
            lr_number,
            lr_date: lr_date.map(|day| day.as_naive()),
            vehicle_number: vehicle_number.map(|number| number.to_string()),
            distance_km,
            eway_bill_number: eway_bill_number.map(|number| number.to_string()),
        }
    }
}

/// A line of goods.
#[derive(Debug, Clone, Object)]
pub struct InvoiceLine {
    line_no: u16,
    sku: String,
    name: String,
    hsn: String,
    quantity: Quantity,
    /// The unit of the GST list, such as `NOS`.
    unit: String,
    unit_price: UnitPrice,
    tax_rate: Rate,
    taxable: Money,
    cgst: Money,
    sgst: Money,
    utgst: Money,
    igst: Money,
    total: Money,
}

impl From<DocumentLine> for InvoiceLine {
    fn from(line: DocumentLine) -> Self {
        let DocumentLine {
            line_no,
            name,
            sku,
            hsn,
            uqc,
            quantity,
            unit_price,
            tax_rate,
            taxable,
            tax,
            total,
        } = line;
        InvoiceLine {
            line_no,
            sku: sku.to_string(),
            name,
            hsn: hsn.to_string(),
            quantity: quantity.into(),
            unit: uqc.to_string(),
            unit_price: unit_price.into(),
            tax_rate: tax_rate.into(),
            taxable: taxable.into(),
            cgst: tax.cgst.into(),
            sgst: tax.sgst.into(),
            utgst: tax.utgst.into(),
            igst: tax.igst.into(),
            total: total.into(),
        }
    }
}

/// The lines of one HSN, unit and rate added up.
#[derive(Debug, Clone, Object)]
pub struct InvoiceTaxRow {
    hsn: String,
    unit: String,
    rate: Rate,
    quantity: Quantity,
    taxable: Money,
    cgst: Money,
    sgst: Money,
    utgst: Money,
    igst: Money,
}

impl From<document::SummaryRow> for InvoiceTaxRow {
    fn from(row: document::SummaryRow) -> Self {
        let document::SummaryRow {
            hsn,
            uqc,
            tax_rate,
            quantity,
            taxable,
            tax,
        } = row;
        InvoiceTaxRow {
            hsn: hsn.to_string(),
            unit: uqc.to_string(),
            rate: tax_rate.into(),
            quantity: quantity.into(),
            taxable: taxable.into(),
            cgst: tax.cgst.into(),
            sgst: tax.sgst.into(),
            utgst: tax.utgst.into(),
            igst: tax.igst.into(),
        }
    }
}

/// A tax invoice: what was stated when it was issued. It never changes; only `paid` and `open` do.
#[derive(Debug, Clone, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct Invoice {
    id: uuid::Uuid,
    /// As printed, such as `VLT/26-27/000123`.
    number: String,
    /// The series it is numbered in.
    series: String,
    /// Such as `26-27`.
    financial_year: String,
    issued_at: DateTime<Utc>,
    order_id: uuid::Uuid,
    order_number: String,
    dealer_id: uuid::Uuid,
    seller: InvoiceParty,
    buyer: InvoiceParty,
    /// Where the goods went.
    ship_to: InvoiceParty,
    place_of_supply: PlaceOfSupply,
    /// What the law wants said of a zero-rated supply.
    endorsement: Option<String>,
    transport: InvoiceTransport,
    lines: Vec<InvoiceLine>,
    tax_summary: Vec<InvoiceTaxRow>,
    subtotal: Money,
    tax: Money,
    /// What brings the total to whole rupees.
    round_off: Money,
    total: Money,
    amount_in_words: String,
    paid: Money,
    open: Money,
    /// SHA-256 over its content and `previous_hash`.
    hash: String,
    /// The hash of the invoice before it in its series and year.
    previous_hash: String,
}

impl From<InvoiceDetail> for Invoice {
    fn from(invoice: InvoiceDetail) -> Self {
        let open = invoice.open().into();
        let InvoiceDetail {
            id,
            order_id,
            dealer_id,
            financial_year,
            document,
            previous_hash,
            paid,
        } = invoice;
        let (seller, buyer, ship_to) = (seller(&document), buyer(&document), ship_to(&document));
        Invoice {
            id: id.as_uuid(),
            number: document.number.to_string(),
            series: document.number.prefix().to_string(),
            financial_year: financial_year.short(),
            issued_at: document.issued_at,
            order_id: order_id.as_uuid(),
            order_number: document.order_number.to_string(),
            dealer_id: dealer_id.as_uuid(),
            seller,
            buyer,
            ship_to,
            place_of_supply: PlaceOfSupply::new(
                document.place_of_supply,
                document.supply_clause.to_string(),
            ),
            endorsement: document.endorsement,
            transport: document.transport.into(),
            lines: document.lines.into_iter().map(InvoiceLine::from).collect(),
            tax_summary: document
                .tax_summary
                .into_iter()
                .map(InvoiceTaxRow::from)
                .collect(),
            subtotal: document.totals.taxable.into(),
            tax: document.totals.tax.total().into(),
            round_off: document.totals.round_off.into(),
            total: document.totals.total.into(),
            amount_in_words: document.amount_in_words,
            paid: paid.into(),
            open,
            hash: document.hash,
            previous_hash,
        }
    }
}

fn seller(document: &InvoiceDocument) -> InvoiceParty {
    let seller = &document.seller;
    party(
        &seller.legal_name,
        seller.trade_name.as_ref(),
        Some(&seller.gstin),
        &seller.address,
    )
}

fn buyer(document: &InvoiceDocument) -> InvoiceParty {
    let buyer = &document.buyer;
    party(
        &buyer.legal_name,
        buyer.trade_name.as_ref(),
        buyer.gstin.as_ref(),
        &buyer.address,
    )
}

fn ship_to(document: &InvoiceDocument) -> InvoiceParty {
    let place = &document.ship_to;
    party(&place.name, None, place.gstin.as_ref(), &place.address)
}
