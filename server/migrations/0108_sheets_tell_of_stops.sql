-- A true sheet of a lot that was rejected or stopped since says so, as it does of a recall; not why.
CREATE FUNCTION public_document_stopped(wanted text) RETURNS boolean
LANGUAGE sql STABLE STRICT SECURITY DEFINER SET search_path = public AS $$
    SELECT EXISTS (
        SELECT FROM document d JOIN lot l ON l.tenant_id = d.tenant_id AND l.id = d.subject_id
        WHERE d.check_token = wanted AND (l.state = 'rejected' OR EXISTS (
            SELECT FROM hold h WHERE h.tenant_id = d.tenant_id AND h.lot_id = d.subject_id AND h.closed_at IS NULL)))
$$;
GRANT SELECT (tenant_id, lot_id, closed_at) ON hold TO trace_definer;
ALTER FUNCTION public_document_stopped(text) OWNER TO trace_definer;
REVOKE ALL ON FUNCTION public_document_stopped(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION public_document_stopped(text) TO trace_public;
