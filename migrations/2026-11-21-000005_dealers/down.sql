ALTER TABLE memberships DROP CONSTRAINT fk_memberships_dealer;
DROP INDEX ix_memberships_tenant_id_dealer;
DROP TABLE dealer_prices, price_list_items, dealer_credit, dealer_contacts, dealer_addresses, dealers, price_lists;
