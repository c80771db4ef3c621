"""`gsctl serve`: what a coordinator follows, keeps, tells and answers, built from its options."""
