"""Records in the forms of other projects, and theirs in ours."""
