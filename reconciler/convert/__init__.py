"""Files of older tools as documents of ours: what they say is carried, what is lost is named."""
