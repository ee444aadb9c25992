"""Accounts, their users, branding and sharing; the audit trail."""
