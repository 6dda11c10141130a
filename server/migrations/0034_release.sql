-- Release as an act: its certificate number, urgent release, and who asked for it.
ALTER TABLE release
    ADD COLUMN kind text NOT NULL DEFAULT 'ordinary' CHECK (kind IN ('ordinary', 'urgent', 'carried')), -- carried: signed elsewhere, brought by an import
    ADD COLUMN certificate_no text,
    ADD COLUMN urgent_request_id uuid,
    ADD CONSTRAINT release_certificate UNIQUE (tenant_id, certificate_no),
    ADD CONSTRAINT release_certificate_of_released CHECK (certificate_no IS NULL OR decision = 'released'),
    ADD CONSTRAINT release_urgent_asked CHECK ((kind = 'urgent') = (urgent_request_id IS NOT NULL));
CREATE INDEX release_urgent ON release (tenant_id, lot_id) WHERE kind = 'urgent';

-- Somebody asks for goods before their results are there; another person, who holds the right, answers.
CREATE TABLE urgent_request (
    tenant_id uuid NOT NULL REFERENCES tenant (id),
    id uuid NOT NULL DEFAULT uuidv7(),
    lot_id uuid NOT NULL,
    reason text NOT NULL,
    state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'approved', 'refused')),
    requested_by uuid NOT NULL,
    requester_name text NOT NULL,
    requested_at timestamptz NOT NULL DEFAULT now(),
    decided_by uuid,
    decider_name text,
    decided_at timestamptz,
    remark text,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, lot_id) REFERENCES lot (tenant_id, id),
    CHECK ((state = 'open') = (decided_at IS NULL)),
    CONSTRAINT urgent_approved_by_another CHECK (state <> 'approved' OR decided_by <> requested_by)
);
CREATE UNIQUE INDEX urgent_request_open ON urgent_request (tenant_id, lot_id) WHERE state = 'open';
CREATE INDEX urgent_request_newest ON urgent_request (tenant_id, id);
ALTER TABLE release ADD FOREIGN KEY (tenant_id, urgent_request_id) REFERENCES urgent_request (tenant_id, id);

CALL protect('urgent_request', 'SELECT, INSERT', true);
-- What was asked is not rewritten: only the answer is added.
GRANT UPDATE (state, decided_by, decider_name, decided_at, remark) ON urgent_request TO trace_tenant;
