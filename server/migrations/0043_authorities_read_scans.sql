-- What the public asked about an enterprise's codes is the enterprise's data, which its authority reads like the rest.
CREATE POLICY jurisdiction ON scan FOR SELECT TO trace_jurisdiction USING (tenant_id = ANY ((SELECT app_jurisdiction())::uuid[]));
GRANT SELECT ON scan TO trace_jurisdiction;
