-- Goods that go back to their supplier: the paper they leave with. What they draw from the lot is the scrap row (fate `returned`).
CREATE TABLE supplier_return (
    tenant_id uuid NOT NULL REFERENCES tenant (id),
    id uuid NOT NULL DEFAULT uuidv7(),
    number text NOT NULL,
    supplier_id uuid NOT NULL,
    lot_id uuid NOT NULL,
    disposition_id uuid NOT NULL,
    scrap_id uuid NOT NULL,
    quantity numeric NOT NULL CHECK (quantity > 0),
    unit text NOT NULL,
    reason text NOT NULL,
    carrier text,
    vehicle text,
    receiver text,                              -- who took the goods over for the supplier
    left_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by uuid,
    creator_name text NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, number),
    UNIQUE (tenant_id, disposition_id),
    FOREIGN KEY (tenant_id, supplier_id) REFERENCES supplier (tenant_id, id),
    FOREIGN KEY (tenant_id, lot_id) REFERENCES lot (tenant_id, id),
    FOREIGN KEY (tenant_id, disposition_id) REFERENCES disposition (tenant_id, id)
);
CREATE INDEX supplier_return_lot ON supplier_return (tenant_id, lot_id);
CREATE INDEX supplier_return_supplier ON supplier_return (tenant_id, supplier_id, id);
CALL protect('supplier_return', 'SELECT, INSERT', true);

ALTER TABLE scrap ADD UNIQUE (tenant_id, id, lot_id);
ALTER TABLE supplier_return ADD FOREIGN KEY (tenant_id, scrap_id, lot_id) REFERENCES scrap (tenant_id, id, lot_id);

ALTER TABLE document DROP CONSTRAINT document_kind_check;
ALTER TABLE document ADD CONSTRAINT document_kind_check CHECK (kind IN (
    'test_report', 'incoming_inspection', 'nonconformity', 'first_piece', 'patrol', 'batch_record', 'delivery_note', 'supplier_return'));
