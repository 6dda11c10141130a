-- A page inside Alipay is another app of ours there than the mini-program: the same person has another name in it.
ALTER TABLE external_identity DROP CONSTRAINT external_identity_way_check;
ALTER TABLE external_identity ADD CONSTRAINT external_identity_way_check
    CHECK (way IN ('wechat_mini', 'wechat_official', 'alipay', 'alipay_page', 'phone'));
