"""Encoders for models that do not take all categories or missing values as they are."""

from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder

# HistGradientBoostingRegressor takes at most 255 levels a column
MAX_LEVELS = 200
MAX_INDICATORS = 20


def build_level_encoder(dataset):
    """Numbers for levels, in the first columns; everything else as it is.

    The most frequent levels of the training rows have a number each, and their other levels share
    one.  Missing values and unknown levels become NaN.
    """
    encoder = OrdinalEncoder(max_categories=MAX_LEVELS + 1, handle_unknown="use_encoded_value",
                             unknown_value=float("nan"))
    return ColumnTransformer([("levels", encoder, dataset.categorical)], remainder="passthrough")


def build_indicator_encoder(dataset):
    """Indicators for levels, and medians for missing numbers.

    A missing level has an indicator like any other.  Another indicator for each numeric column
    with gaps in the training rows says where its numbers are missing.
    """
    categorical = dataset.categorical
    numeric = [position for position in range(dataset.X.shape[1]) if position not in categorical]
    encoder = OneHotEncoder(handle_unknown="infrequent_if_exist", sparse_output=False,
                            max_categories=MAX_INDICATORS)
    # a column may have no value in the rows of one fold
    imputer = SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True)
    return ColumnTransformer([("numbers", imputer, numeric),
                              ("categories", encoder, categorical)])
