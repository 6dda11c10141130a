-- What a reader of English sees in place of an option or grade (as many, in the same order, or none) and of a certificate's
-- kind, where the enterprise gives it.
ALTER TABLE characteristic ADD COLUMN options_en text[] NOT NULL DEFAULT '{}',
    ADD CONSTRAINT characteristic_options_en_check CHECK (cardinality(options_en) IN (0, cardinality(options)));
ALTER TABLE certificate ADD COLUMN kind_en text;
