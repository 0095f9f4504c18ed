"""GAR as the fitness of symbolic regression, which Section 4.1 proposes and does not run.

`searches` has the fitness functions, the search spaces and the runs of gplearn; `report` reads
the result files.
"""
