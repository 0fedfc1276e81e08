"""The national side's own language, SOAP 1.1, which several roads carry: questions written, answers read."""
