"""Why another method beats GAR on Parkinson, by single settings instead of whole grids.

`settings` has the questions and what is trained for each, `trials` trains and measures, `report`
reads the result files.
"""
