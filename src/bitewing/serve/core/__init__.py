"""The CAQH CORE connectivity rule vC2.2.0 over the hook: envelopes of SOAP 1.2 and of HTTP with MIME."""
