"""The transparency log over the records: their Merkle tree, its checkpoints, and proofs against them."""
