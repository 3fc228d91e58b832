"""CycloneDX documents as tables, whatever they are serialised as: `write` makes one, `read` understands one."""
