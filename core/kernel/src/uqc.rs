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

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn the_list_is_that_of_the_return() {
        let mut published: Vec<&str> = "BAG BAL BDL BKL BOU BOX BTL BUN CAN CBM CCM CMS CTN DOZ DRM \
             GGK GMS GRS GYD KGS KLR KME LTR MLT MTR MTS NOS PAC PCS PRS QTL ROL SET SQF SQM SQY TBS \
             TGM THD TON TUB UGS UNT YDS OTH"
            .split_whitespace()
            .collect();
        published.sort_unstable();
        let ours: Vec<&str> = Uqc::ALL.iter().map(|unit| unit.as_str()).collect();
        assert_eq!(ours, published);
        let names: HashSet<&str> = Uqc::ALL.iter().map(|unit| unit.name()).collect();
        assert_eq!(names.len(), Uqc::ALL.len());
    }

    #[test]
    fn every_unit_comes_back() {
        for unit in Uqc::ALL {
            crate::check::text_value(unit);
        }
        assert_eq!(Uqc::parse(" nos "), Ok(Uqc::Nos));
        for text in ["", "NO", "NOSS", "XYZ", "NA"] {
            assert_eq!(Uqc::parse(text), Err(UqcError), "{text:?}");
        }
    }

    #[test]
    fn what_is_counted_is_whole_and_what_is_measured_is_not() {
        for unit in [
            Uqc::Nos,
            Uqc::Pcs,
            Uqc::Set,
            Uqc::Box,
            Uqc::Rol,
            Uqc::Prs,
            Uqc::Unt,
        ] {
            assert!(unit.is_whole(), "{unit}");
        }
        for unit in [
            Uqc::Mtr,
            Uqc::Kgs,
            Uqc::Ltr,
            Uqc::Sqm,
            Uqc::Doz,
            Uqc::Thd,
            Uqc::Oth,
        ] {
            assert!(!unit.is_whole(), "{unit}");
        }
    }
}
