-- Whose API key a record came by: he answers for it as for what he types, and does not sign its release or confirm it as the second person.
ALTER TABLE record ADD COLUMN key_owner_id uuid;
