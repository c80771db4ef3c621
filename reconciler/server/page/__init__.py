"""The pages for people: what the window shows, and the buttons, in a browser.

Whole pages come from here, so that they work without any script; htmx, a file of ours, keeps them
fresh. Whatever they show is written out as text: a name, or an error, may come from anybody.
"""
