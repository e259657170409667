-- Law that changes by date is data: a new rate is a row, an old document keeps its own.
CREATE TABLE tax_classes (
    code text PRIMARY KEY,
    name text NOT NULL,
    CONSTRAINT ck_tax_classes_code CHECK (code ~ '^[A-Z0-9_]{2,24}$')
);

CREATE TABLE tax_rates (
    tax_class  text NOT NULL REFERENCES tax_classes (code),
    valid_from date NOT NULL,
    valid_to   date,
    rate       numeric(5, 2) NOT NULL,
    source     text NOT NULL,
    PRIMARY KEY (tax_class, valid_from),
    CONSTRAINT ck_tax_rates_rate CHECK (rate BETWEEN 0 AND 100),
    CONSTRAINT ck_tax_rates_dates CHECK (valid_to IS NULL OR valid_to >= valid_from)
);

-- The value, tax included, above which goods do not move without an e-way bill. '*' is movement across a State's border, and
-- within a State that has no row of its own (CGST Rule 138(1)); the others are what a State notified for its own territory.
CREATE TABLE eway_thresholds (
    state       text NOT NULL,
    valid_from  date NOT NULL,
    valid_to    date,
    value_limit numeric(14, 2) NOT NULL,
    source      text NOT NULL,
    PRIMARY KEY (state, valid_from),
    CONSTRAINT ck_eway_thresholds_state CHECK (state ~ '^([0-9]{2}|[*])$'),
    CONSTRAINT ck_eway_thresholds_value_limit CHECK (value_limit >= 0),
    CONSTRAINT ck_eway_thresholds_dates CHECK (valid_to IS NULL OR valid_to >= valid_from)
);

-- A State with lower values for some goods or places has no row, so that the strictest is asked of all.
INSERT INTO eway_thresholds (state, valid_from, valid_to, value_limit, source) VALUES
    ('*', '2018-04-01', NULL, 50000, 'CGST Rule 138(1)'),
    ('03', '2018-04-01', NULL, 100000, 'Punjab, under Rule 138(14)(d); to be re-checked with the State'),
    ('07', '2018-04-01', NULL, 100000, 'Delhi, under Rule 138(14)(d); to be re-checked with the State'),
    ('08', '2018-04-01', NULL, 100000, 'Rajasthan, under Rule 138(14)(d), outside a city; to be re-checked with the State'),
    ('10', '2018-04-01', NULL, 100000, 'Bihar, under Rule 138(14)(d); to be re-checked with the State'),
    ('20', '2018-04-01', NULL, 100000, 'Jharkhand, under Rule 138(14)(d); to be re-checked with the State'),
    ('27', '2018-04-01', NULL, 100000, 'Maharashtra, under Rule 138(14)(d); to be re-checked with the State'),
    ('33', '2018-04-01', NULL, 100000, 'Tamil Nadu, under Rule 138(14)(d); to be re-checked with the State');

INSERT INTO tax_classes (code, name) VALUES
    ('ZERO', 'Nil rated'),
    ('MERIT', 'Merit rate'),
    ('STANDARD', 'Standard rate'),
    ('DEMERIT', 'Demerit rate'),
    ('FORMER_12', 'Goods of the former 12 % slab'),
    ('FORMER_28', 'Goods of the former 28 % slab');

-- The slabs of 22 September 2025: notifications 9/2025 to 17/2025-CT(R) of 17-9-2025.
INSERT INTO tax_rates (tax_class, valid_from, valid_to, rate, source) VALUES
    ('ZERO', '2017-07-01', NULL, 0, 'Notification 2/2017-CT(R)'),
    ('MERIT', '2017-07-01', NULL, 5, 'Notification 1/2017-CT(R), Schedule I'),
    ('STANDARD', '2017-07-01', NULL, 18, 'Notification 1/2017-CT(R), Schedule III'),
    ('DEMERIT', '2017-07-01', '2025-09-21', 28, 'Notification 1/2017-CT(R), Schedule IV'),
    ('DEMERIT', '2025-09-22', NULL, 40, 'Notification 9/2025-CT(R)'),
    ('FORMER_12', '2017-07-01', '2025-09-21', 12, 'Notification 1/2017-CT(R), Schedule II'),
    ('FORMER_12', '2025-09-22', NULL, 5, 'Notification 9/2025-CT(R)'),
    ('FORMER_28', '2017-07-01', '2025-09-21', 28, 'Notification 1/2017-CT(R), Schedule IV'),
    ('FORMER_28', '2025-09-22', NULL, 18, 'Notification 9/2025-CT(R)');
