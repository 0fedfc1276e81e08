"""Writing evidence: records, their chain, their encryption and the commit that many share."""
