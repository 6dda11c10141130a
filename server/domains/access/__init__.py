"""Tenants, authorities, people, roles, sessions, audit."""
