-- A sheet has one number and, for the same facts, one version in every language; each rendering has its own row, digest and symbol.
-- `base_digest`: of the facts in Chinese, by which renderings of the same facts know each other; unknown of older English ones.
ALTER TABLE document ADD COLUMN base_digest bytea CHECK (length(base_digest) = 32);
UPDATE document SET base_digest = facts_digest WHERE language = 'zh_CN';
ALTER TABLE document DROP CONSTRAINT document_numbered_once;
ALTER TABLE document DROP CONSTRAINT document_versioned_once;
ALTER TABLE document ADD CONSTRAINT document_numbered_once UNIQUE (tenant_id, kind, year, sequence, version, language);

-- The renderings of the version that this symbol stands on, itself included.
CREATE FUNCTION public_document_renderings(wanted text) RETURNS TABLE (language text, pdf_digest bytea, here boolean)
LANGUAGE sql STABLE STRICT ROWS 2 SECURITY DEFINER SET search_path = public AS $$
    SELECT o.language, o.pdf_digest, o.check_token = wanted
    FROM document d JOIN document o ON o.tenant_id = d.tenant_id AND o.kind = d.kind AND o.year = d.year AND o.sequence = d.sequence
         AND o.version = d.version
    WHERE d.check_token = wanted ORDER BY o.language
$$;
GRANT SELECT (language) ON document TO trace_definer;
ALTER FUNCTION public_document_renderings(text) OWNER TO trace_definer;
REVOKE ALL ON FUNCTION public_document_renderings(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION public_document_renderings(text) TO trace_public;
