"""What audits, comparisons and studies find: the types, the decision, the folders they are stored in."""
