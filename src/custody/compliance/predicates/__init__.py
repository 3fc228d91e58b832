"""What signed predicates say, as far as controls ask: small views, one file for each kind of predicate.

Only verified evidence comes here, and still nothing in it is believed to have the right shape: a view raises InputError
with the place, and the query that asked says that the evidence cannot be read.
"""
