"""The environment `process`: releases in directories of their own, instances that the keeper runs."""
