"""The tables and figures of "Gradient Aligned Regression via Pairwise Losses", run again.

`protocol` is the paper's protocol as data.  The other modules follow the way of a cell:
`datasets`, `training`, `scores`, `selection`, `cell`, `cell_file`, `run`; `cell_form` is what a
file must hold, `cells_command` what the commands share; `curves` and `timing`
are the experiments of another kind, `report` reads the files of all.  `gradients` and `symbolic`
are experiments that the paper only proposes, with reports of their own.
"""
