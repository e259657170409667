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
