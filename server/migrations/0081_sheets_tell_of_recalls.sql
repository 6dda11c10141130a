-- A true sheet of a lot that was recalled since says so: whoever checks it must not take the goods for good.
CREATE FUNCTION public_document_recalled(wanted text) RETURNS boolean
LANGUAGE sql STABLE STRICT SECURITY DEFINER SET search_path = public AS $$
    SELECT EXISTS (
        SELECT FROM document d JOIN public_notice n ON n.tenant_id = d.tenant_id AND n.lot_id = d.subject_id
        WHERE d.check_token = wanted AND n.kind = 'recall' AND n.closed_at IS NULL AND n.order_id IS NULL)
$$;
GRANT SELECT (subject_id) ON document TO trace_definer;
GRANT SELECT ON public_notice TO trace_definer;
ALTER FUNCTION public_document_recalled(text) OWNER TO trace_definer;
REVOKE ALL ON FUNCTION public_document_recalled(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION public_document_recalled(text) TO trace_public;
