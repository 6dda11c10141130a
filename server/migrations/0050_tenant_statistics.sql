-- The planner shall not count an enterprise's rows: see decision 0170. Without statistics on tenant_id it takes every enterprise
-- for a 200th of the table, also the one that came after the last ANALYZE, and so keeps to the index that also names the row.
-- A lot has about three links at either end, however many links there are; a share grows with the table, a count does not.
ALTER TABLE link ALTER COLUMN from_lot SET (n_distinct = -0.3), ALTER COLUMN to_lot SET (n_distinct = -0.3);

CREATE PROCEDURE leave_tenants_uncounted(target regclass) LANGUAGE plpgsql AS $$
DECLARE
    place record;
BEGIN
    SELECT n.nspname, c.relname INTO place FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = target;
    EXECUTE format('ALTER TABLE %s ALTER COLUMN tenant_id SET STATISTICS 0', target);
    PERFORM pg_clear_attribute_stats(place.nspname, place.relname, 'tenant_id', false);
END $$;

CREATE OR REPLACE PROCEDURE protect(target regclass, privileges text, regulators boolean) LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', target);
    EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', target);
    EXECUTE format('CREATE POLICY tenant ON %s TO trace_tenant USING (tenant_id = (SELECT app_tenant())) '
                   'WITH CHECK (tenant_id = (SELECT app_tenant()))', target);
    EXECUTE format('GRANT %s ON %s TO trace_tenant', privileges, target);
    IF regulators THEN
        EXECUTE format('CREATE POLICY jurisdiction ON %s FOR SELECT TO trace_jurisdiction '
                       'USING (tenant_id = ANY ((SELECT app_jurisdiction())::uuid[]))', target);
        EXECUTE format('GRANT SELECT ON %s TO trace_jurisdiction', target);
    END IF;
    CALL leave_tenants_uncounted(target);
END $$;

DO $$
DECLARE
    target regclass;
BEGIN
    FOR target IN
        SELECT c.oid::regclass FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND a.attname = 'tenant_id' AND NOT a.attisdropped
    LOOP
        CALL leave_tenants_uncounted(target);
    END LOOP;
END $$;
