-- What hangs on a complaint is the same enterprise's; of what is nobody's yet (no tenant) nothing refers.
ALTER TABLE complaint ADD UNIQUE (tenant_id, id);
ALTER TABLE complaint_photo DROP CONSTRAINT complaint_photo_complaint_id_fkey,
    ADD FOREIGN KEY (tenant_id, complaint_id) REFERENCES complaint (tenant_id, id);
ALTER TABLE complaint_step DROP CONSTRAINT complaint_step_complaint_id_fkey,
    ADD FOREIGN KEY (tenant_id, complaint_id) REFERENCES complaint (tenant_id, id);
DROP INDEX complaint_of_tenant; -- the unique one serves
