-- What a reader of English sees in place of the Chinese name, where the enterprise gives one.
ALTER TABLE form ADD COLUMN name_en text;
ALTER TABLE product ADD COLUMN category_en text;
