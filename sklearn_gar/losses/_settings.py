"""Settings of a loss as scikit-learn has parameters."""

import copy
import inspect
from typing import Any


class SettingsMixin:
    """`get_params` and `set_params` for a loss that stores its settings under their names.

    So the `set_params` of an estimator reaches them: ``loss__delta`` is the `delta` of its loss.
    """

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Settings by name; `deep` makes no difference, since no setting has settings of its own.

        A parameter of the constructor that is no attribute is left out.
        """
        return {name: getattr(self, name) for name in inspect.signature(type(self)).parameters
                if hasattr(self, name)}

    def set_params(self, **params: Any) -> "SettingsMixin":
        """Change settings; the constructor checks the values.

        Raises
        ------
        ValueError
            If there is no such setting, or if a value is out of range.
        """
        settings = self.get_params()
        unknown = sorted(params.keys() - settings.keys())
        if unknown:
            raise ValueError(f"{type(self).__name__} has no setting {unknown[0]!r}; its settings "
                             f"are {sorted(settings)}")
        checked = type(self)(**{**settings, **params})
        for name in params:
            setattr(self, name, getattr(checked, name))
        return self

    def __sklearn_clone__(self):
        # scikit-learn would copy the settings one by one, but a process group cannot be copied
        return copy.deepcopy(self)
