"""What users bring, checked: records, tables and files, ids, splits, overlap, who is a member."""
