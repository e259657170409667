//! Units: the unique quantity codes that GSTR-1, e-invoices and e-way bills know.

macro_rules! units {
    ($($variant:ident $code:literal $name:literal $whole:literal),+ $(,)?) => {
        /// A unit of quantity of goods. Services have none.
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash,
            diesel::expression::AsExpression, diesel::deserialize::FromSqlRow,
        )]
        #[diesel(sql_type = diesel::sql_types::Text)]
        pub enum Uqc {
            $(#[doc = $name] $variant),+
        }

        impl Uqc {
            /// In order of code: for choosing from.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Three capital letters.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $code),+ }
            }

            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }

            /// Counted in ones, so that a quantity must be whole. What is measured, and the
            /// multiples (half a dozen, a quarter of a gross), may have fractions.
            #[must_use]
            pub const fn is_whole(self) -> bool {
                match self { $(Self::$variant => $whole),+ }
            }
        }
    };
}

units! {
    Bag "BAG" "Bags" true,
    Bal "BAL" "Bales" true,
    Bdl "BDL" "Bundles" true,
    Bkl "BKL" "Buckles" true,
    Bou "BOU" "Billions of units" false,
    Box "BOX" "Boxes" true,
    Btl "BTL" "Bottles" true,
    Bun "BUN" "Bunches" true,
    Can "CAN" "Cans" true,
    Cbm "CBM" "Cubic metres" false,
    Ccm "CCM" "Cubic centimetres" false,
    Cms "CMS" "Centimetres" false,
    Ctn "CTN" "Cartons" true,
    Doz "DOZ" "Dozens" false,
    Drm "DRM" "Drums" true,
    Ggk "GGK" "Great gross" false,
    Gms "GMS" "Grams" false,
    Grs "GRS" "Gross" false,
    Gyd "GYD" "Gross yards" false,
    Kgs "KGS" "Kilograms" false,
    Klr "KLR" "Kilolitres" false,
    Kme "KME" "Kilometres" false,
    Ltr "LTR" "Litres" false,
    Mlt "MLT" "Millilitres" false,
    Mtr "MTR" "Metres" false,
    Mts "MTS" "Metric tonnes" false,
    Nos "NOS" "Numbers" true,
    Oth "OTH" "Others" false,
    Pac "PAC" "Packs" true,
    Pcs "PCS" "Pieces" true,
    Prs "PRS" "Pairs" true,
    Qtl "QTL" "Quintals" false,
    Rol "ROL" "Rolls" true,
    Set "SET" "Sets" true,
    Sqf "SQF" "Square feet" false,
    Sqm "SQM" "Square metres" false,
    Sqy "SQY" "Square yards" false,
    Tbs "TBS" "Tablets" true,
    Tgm "TGM" "Ten gross" false,
    Thd "THD" "Thousands" false,
    Ton "TON" "Tonnes" false,
    Tub "TUB" "Tubes" true,
    Ugs "UGS" "US gallons" false,
    Unt "UNT" "Units" true,
    Yds "YDS" "Yards" false,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("Choose a unit from the GST list, such as NOS or MTR")]
pub struct UqcError;

impl Uqc {
    /// Trims and upper-cases first.
    pub fn parse(text: &str) -> Result<Self, UqcError> {
        let code = text.trim().to_ascii_uppercase();
        Self::ALL
            .iter()
            .copied()
            .find(|unit| unit.as_str() == code)
            .ok_or(UqcError)
    }
}

text_value!(Uqc, UqcError);
