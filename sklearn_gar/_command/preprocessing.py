"""How missing values and categories reach the models: the same way for all of them."""

from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import OneHotEncoder

MAX_CATEGORIES = 20


def build_preprocessing(dataset):
    """Medians for missing numbers; indicators for categories, missing being one of them."""
    categorical = list(dataset.categorical)
    numeric = [position for position in range(dataset.X.shape[1]) if position not in categorical]
    encoder = OneHotEncoder(handle_unknown="infrequent_if_exist", sparse_output=False,
                            max_categories=MAX_CATEGORIES)
    return ColumnTransformer([
        # a column may have no value in the rows of one fold
        ("numbers", SimpleImputer(strategy="median", keep_empty_features=True), numeric),
        ("categories", encoder, categorical)])
