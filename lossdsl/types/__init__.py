"""What a value is before any data: named axes with lengths, a kind, a role and a range."""
