"""The exchange's database: roles, migrations, pools. Every tenant query runs in `agency_scope`."""
