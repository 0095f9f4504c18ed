"""How far the two curves spread over seeds, and what one change of the settings does to them.

`changes` has the changes as data, `trials` trains networks with one of them, `comparison` and
`report` read the result files.
"""
