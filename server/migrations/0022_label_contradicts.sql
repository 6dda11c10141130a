-- Whether the GTIN or lot number beside a code in a Digital Link contradicts what was printed with that code and what its
-- lot says today. What is not known, or not said, contradicts nothing. The public learns yes or no, never the values.
CREATE FUNCTION label_contradicts(wanted text, said_gtin text, said_lot text) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT coalesce(bool_or(
               said_gtin <> ALL (known.gtins) AND cardinality(known.gtins) > 0
               OR said_lot <> ALL (known.lots) AND cardinality(known.lots) > 0), false)
    FROM code c
    JOIN code_order o ON o.tenant_id = c.tenant_id AND o.id = c.order_id
    JOIN lot l ON l.tenant_id = c.tenant_id AND l.id = c.lot_id
    JOIN product p ON p.tenant_id = c.tenant_id AND p.id = l.product_id
    CROSS JOIN LATERAL (SELECT array_remove(ARRAY[p.gtin, o.handed_down #>> '{printed,gtin}'], NULL) AS gtins,
                               array_remove(ARRAY[l.lot_no, o.handed_down #>> '{printed,lot_no}'], NULL) AS lots) known
    WHERE c.text = wanted AND c.kind <= 2
$$;
GRANT SELECT (text, tenant_id, order_id, lot_id, kind) ON code TO trace_definer;
GRANT SELECT (tenant_id, id, handed_down) ON code_order TO trace_definer;
GRANT SELECT (gtin) ON product TO trace_definer;
ALTER FUNCTION label_contradicts(text, text, text) OWNER TO trace_definer;
REVOKE ALL ON FUNCTION label_contradicts(text, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION label_contradicts(text, text, text) TO trace_public;
