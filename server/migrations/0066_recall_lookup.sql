-- What anybody may ask of recalls without a code: open public notices by what stands on a pack. Nothing that is not published
-- in a notice comes out of it; which products an enterprise has, or whether a lot exists, cannot be learnt from it.
CREATE FUNCTION plain_name(given text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT regexp_replace(lower(normalize(coalesce(given, ''), NFKC)), '[[:space:][:punct:]]', '', 'g') $$;

-- With a product named, its recalled lots are returned whatever
-- their number (those that fit first), so that a slip in a lot number shows beside them; without one only those that fit.
CREATE FUNCTION public_recalls(wanted_product text, wanted_gtin text, wanted_lot text, wanted_serial text, most integer)
RETURNS TABLE (
    tenant_id uuid, lot_id uuid, company text, product_name text, product_name_en text, brand text, spec text, gtin text, is_unit boolean,
    lot_no text, lot_fits boolean, serial_fits boolean, produced_on date, expires_at timestamptz, first_serial integer, last_serial integer, level smallint, reason text,
    advice text, reason_en text, advice_en text, opened_at timestamptz
) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT n.tenant_id, n.lot_id, t.name, p.name, p.name_en, p.brand, p.spec, p.gtin, l.kind = 'unit', l.lot_no,
           plain_name(l.lot_no) = plain_name(wanted_lot), l.kind = 'unit' AND plain_name(l.lot_no) = plain_name(wanted_serial),
           coalesce((l.production_ended_at AT TIME ZONE 'Asia/Shanghai')::date, l.produced_on), l.expires_at,
           lower(n.serials), upper(n.serials) - 1, n.level, n.reason, n.advice, n.reason_en, n.advice_en, n.opened_at
    FROM public_notice n
    JOIN lot l ON l.tenant_id = n.tenant_id AND l.id = n.lot_id
    JOIN product p ON p.tenant_id = n.tenant_id AND p.id = l.product_id
    JOIN tenant t ON t.id = n.tenant_id
    WHERE n.kind = 'recall' AND n.closed_at IS NULL AND p.kind IN ('finished', 'intermediate')
      AND (wanted_gtin IS NULL OR p.gtin = wanted_gtin)
      AND (wanted_product IS NULL
           OR strpos(plain_name(concat(p.brand, p.name, p.spec)), plain_name(wanted_product)) > 0
           OR strpos(plain_name(concat(p.name, p.brand)), plain_name(wanted_product)) > 0
           OR strpos(plain_name(p.name_en), plain_name(wanted_product)) > 0
           OR plain_name(p.sku) = plain_name(wanted_product)
           OR strpos(plain_name(wanted_product), plain_name(p.name)) > 0)
      AND (wanted_product IS NOT NULL OR wanted_gtin IS NOT NULL OR plain_name(l.lot_no) IN (nullif(plain_name(wanted_lot), ''), nullif(plain_name(wanted_serial), '')))
    ORDER BY plain_name(l.lot_no) IN (nullif(plain_name(wanted_lot), ''), nullif(plain_name(wanted_serial), '')) DESC NULLS LAST, n.opened_at DESC, n.id LIMIT most
$$;
GRANT SELECT (tenant_id, id, kind, lot_id, serials, level, reason, advice, reason_en, advice_en, opened_at, closed_at) ON public_notice TO trace_definer;
GRANT SELECT (kind, produced_on, production_ended_at) ON lot TO trace_definer;
GRANT SELECT (kind, sku, brand, spec) ON product TO trace_definer;
ALTER FUNCTION public_recalls(text, text, text, text, integer) OWNER TO trace_definer;
REVOKE ALL ON FUNCTION public_recalls(text, text, text, text, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION public_recalls(text, text, text, text, integer) TO trace_public;
CREATE INDEX public_notice_open ON public_notice (opened_at DESC) WHERE kind = 'recall' AND closed_at IS NULL;
