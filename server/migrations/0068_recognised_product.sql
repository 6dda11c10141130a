-- Of an unknown code: whose product its label names, by the product's number or by a lot's, and where the official code stands on a pack
-- of it. Only of goods that something is published of: what has not been shown to anybody is not told here either.
CREATE FUNCTION recognised_product(said_gtin text, said_lot text) RETURNS TABLE (
    company text, product_name text, product_name_en text, code_place text, code_place_en text
) LANGUAGE sql STABLE ROWS 1 SECURITY DEFINER SET search_path = public AS $$
    WITH found AS (
        SELECT p.tenant_id, p.id, p.name, p.name_en FROM product p
        WHERE p.gtin = said_gtin AND p.kind = 'finished' AND EXISTS (
            SELECT FROM lot l JOIN publication b ON b.tenant_id = l.tenant_id AND b.object_id = l.id AND b.object_kind = 'lot'
            WHERE l.tenant_id = p.tenant_id AND l.product_id = p.id)
      UNION
        SELECT p.tenant_id, p.id, p.name, p.name_en FROM lot l JOIN product p ON p.tenant_id = l.tenant_id AND p.id = l.product_id
        WHERE said_gtin IS NULL AND l.lot_no = said_lot AND p.kind = 'finished'
          AND EXISTS (SELECT FROM publication b WHERE b.tenant_id = l.tenant_id AND b.object_id = l.id AND b.object_kind = 'lot')
    )
    SELECT t.name, f.name, f.name_en, c.content #>> '{pack,code_place}', c.content #>> '{pack,code_place_en}'
    FROM found f JOIN tenant t ON t.id = f.tenant_id
    LEFT JOIN LATERAL (SELECT content FROM page_content c WHERE c.tenant_id = f.tenant_id AND c.product_id = f.id AND c.audience = 'consumer'
                       AND c.used_from IS NOT NULL ORDER BY c.used_from DESC LIMIT 1) c ON true
    WHERE (SELECT count(*) FROM found) = 1
$$;
GRANT SELECT (tenant_id, product_id, audience, content, used_from) ON page_content TO trace_definer;
ALTER FUNCTION recognised_product(text, text) OWNER TO trace_definer;
REVOKE ALL ON FUNCTION recognised_product(text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION recognised_product(text, text) TO trace_public;
