-- Whoever releases must not have had to do with the inspections: whether a person ever confirmed any is asked at each review.
CREATE INDEX record_check_checker ON record_check (tenant_id, checker_id);
