-- Asked in each release review: they are few.
CREATE INDEX retained_abnormal ON retained_observation (tenant_id, sample_id) WHERE result = 'abnormal';
