"""YAML as we write it: one layout for every document, with the comments of whoever wrote them."""
