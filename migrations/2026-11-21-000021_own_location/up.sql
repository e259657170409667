-- Somebody may work at some of a distributor's locations and not at the others: they see and move the stock, orders and
-- shipments of theirs alone.
--
-- A list and not a table: it is read with the membership by every request. No key leads to the locations; one that is gone
-- gives nothing.
ALTER TABLE memberships
    -- NULL for every location. Administrators work everywhere, and a dealer's people at no location.
    ADD COLUMN location_ids uuid[],
    ADD CONSTRAINT ck_memberships_location_ids CHECK (location_ids IS NULL
        OR (cardinality(location_ids) BETWEEN 1 AND 100 AND role <> 'DEALER' AND (role <> 'ADMIN' OR role_id IS NOT NULL)));

ALTER TABLE invitations
    ADD COLUMN location_ids uuid[],
    ADD CONSTRAINT ck_invitations_location_ids CHECK (location_ids IS NULL
        OR (cardinality(location_ids) BETWEEN 1 AND 100 AND role <> 'DEALER' AND (role <> 'ADMIN' OR role_id IS NOT NULL)));
