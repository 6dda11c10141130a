-- Whether any part of a lot is recalled is asked by the pages of a lot, too.
CREATE INDEX public_notice_part ON public_notice (lot_id, tenant_id) WHERE closed_at IS NULL AND order_id IS NOT NULL;
