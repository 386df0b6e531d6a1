"""What week 8 claims."""
MUTATIONS = {}
