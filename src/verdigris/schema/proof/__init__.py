"""The compatibility proof: each statement of each version against each schema, layer by layer."""
