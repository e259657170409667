-- What a tenant sells. Masters are switched off, never deleted: documents refer to them.
CREATE TABLE categories (
    tenant_id uuid NOT NULL REFERENCES tenants (id),
    id        uuid NOT NULL,
    parent_id uuid,
    name      text NOT NULL,
    -- The names from the root, joined by ' > ': sorts a list as the tree reads, and a subtree is one prefix.
    path      text COLLATE "C" NOT NULL,
    depth     smallint NOT NULL,
    is_active boolean NOT NULL DEFAULT true,
    version   integer NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT fk_categories_parent FOREIGN KEY (tenant_id, parent_id) REFERENCES categories (tenant_id, id),
    CONSTRAINT uq_categories_tenant_id_path UNIQUE (tenant_id, path),
    CONSTRAINT ck_categories_depth CHECK (depth BETWEEN 1 AND 6)
);

CREATE TABLE products (
    tenant_id   uuid NOT NULL,
    id          uuid NOT NULL,
    sku         text COLLATE "C" NOT NULL,
    name        text NOT NULL,
    -- In the order of which products are listed; lower() itself is not leakproof, and would keep a list from its index.
    sort_name   text COLLATE "C" NOT NULL GENERATED ALWAYS AS (lower(name)) STORED,
    description text,
    category_id uuid NOT NULL,
    hsn         text COLLATE "C" NOT NULL,
    uqc         text NOT NULL,
    tax_class   text NOT NULL REFERENCES tax_classes (code),
    base_price  numeric(14, 4) NOT NULL,
    mrp         numeric(14, 2),
    barcode     text COLLATE "C",
    is_active   boolean NOT NULL DEFAULT true,
    version     integer NOT NULL DEFAULT 1,
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    CONSTRAINT fk_products_category FOREIGN KEY (tenant_id, category_id) REFERENCES categories (tenant_id, id),
    CONSTRAINT uq_products_tenant_id_sku UNIQUE (tenant_id, sku),
    CONSTRAINT ck_products_hsn CHECK (hsn ~ '^([0-9]{4}|[0-9]{6}|[0-9]{8})$'),
    CONSTRAINT ck_products_base_price CHECK (base_price > 0),
    CONSTRAINT ck_products_mrp CHECK (mrp > 0)
);
CREATE UNIQUE INDEX uq_products_tenant_id_barcode ON products (tenant_id, barcode) WHERE barcode IS NOT NULL;
CREATE INDEX ix_products_tenant_id_name ON products (tenant_id, sort_name, id);
CREATE INDEX ix_products_tenant_id_category ON products (tenant_id, category_id);

-- The words of a product's name, SKU, HSN, barcode and category, for the word-prefix search. Under row-level security only
-- leakproof operators may use an index, and text comparison is one where ILIKE and @@ are not. The product's name and whether
-- it is sold stand with each word and in its index, so that a page of what is found is chosen without looking at products.
CREATE TABLE product_words (
    tenant_id  uuid NOT NULL,
    word       text COLLATE "C" NOT NULL,
    product_id uuid NOT NULL,
    sort_name  text COLLATE "C" NOT NULL,
    is_active  boolean NOT NULL,
    PRIMARY KEY (tenant_id, word, product_id) INCLUDE (sort_name, is_active),
    CONSTRAINT fk_product_words_product FOREIGN KEY (tenant_id, product_id) REFERENCES products (tenant_id, id)
);
CREATE INDEX ix_product_words_tenant_id_product ON product_words (tenant_id, product_id, word);
