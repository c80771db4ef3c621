"""The coordinator's API over HTTP: what the loop saw last, and what people may ask of it.

asyncio lives here and nowhere else. The server runs in a thread of its own and never waits for the
loop: it reads what the loop showed, and rings its bell.
"""
