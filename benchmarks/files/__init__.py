"""Files of fitted regressors: how large they are, and how fast they are read."""
