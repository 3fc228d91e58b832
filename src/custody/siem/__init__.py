"""Security events for a SIEM.

    data = encode_events(events, report=report, artifact=artifact, product_version="0.1.0")   # OCSF 1.8.0

    curl -H "Authorization: Bearer $SIEM_TOKEN" -d @security-events.json https://siem.example/api/events

A format is one file under `formats/`: pure, values in, bytes out.
"""

from custody.siem.formats.ocsf import encode_events

__all__ = ["encode_events"]
