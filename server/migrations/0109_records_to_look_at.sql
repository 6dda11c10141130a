-- What a release review asks of few records of a lot: those entered late, corrected, with blanks, by phone or from paper, or that wait
-- for a second person. Of many they are found without reading the rest.
CREATE INDEX record_to_look_at ON record (tenant_id, lot_id)
    WHERE late_entry OR corrects IS NOT NULL OR missing <> '{}' OR source IN ('phone', 'paper') OR second_demanded;
