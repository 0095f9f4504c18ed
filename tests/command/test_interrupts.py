"""Ctrl-C in the shell command, at any time."""

import signal
import subprocess
import sys

import pytest

# a library whose import takes long enough for the user to lose patience
SLOW_LIBRARY = """
import os, signal, time
os.kill(os.getpid(), signal.SIGINT)
time.sleep(60)
"""
# one that turns the interrupt into an error of its own
STUBBORN_LIBRARY = f"""
try:
    exec({SLOW_LIBRARY!r})
except BaseException:
    raise ImportError("cannot load a part of this library") from None
"""


def run(folder, *arguments, **settings):
    """The command in a process of its own, which imports libraries of a folder first."""
    code = f"import sys; sys.path.insert(0, {str(folder)!r}); sys.argv = ['-m', *{arguments!r}]; "
    code += "import runpy; runpy.run_module('sklearn_gar', run_name='__main__', alter_sys=True)"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True,
                          timeout=60, **settings)


@pytest.mark.parametrize("library", [SLOW_LIBRARY, STUBBORN_LIBRARY], ids=["slow", "stubborn"])
@pytest.mark.parametrize("name", ["torch", "skorch"])
def test_while_libraries_load(name, library, tmp_path):
    (tmp_path / f"{name}.py").write_text(library)
    done = run(tmp_path, "compare")
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "interrupted\n")


def test_while_pandas_loads(tmp_path):
    (tmp_path / "pandas.py").write_text(SLOW_LIBRARY)
    (tmp_path / "table.csv").write_text("x,y\n1,2\n")
    done = run(tmp_path, "compare", str(tmp_path / "table.csv"), "--target", "y")
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "interrupted\n")


def test_it_stays_ignored_where_it_is(tmp_path):
    (tmp_path / "skorch.py").write_text(
        "import os, signal\nos.kill(os.getpid(), signal.SIGINT)\nraise ImportError('went on')\n")
    done = run(tmp_path, "compare",
               preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN))
    assert done.stderr.endswith("ImportError: went on\n")


def test_public_names_load_when_they_are_asked_for():
    code = ("import sys, sklearn_gar; print('torch' in sys.modules, dir(sklearn_gar)); "
            "sklearn_gar.losses.GARLoss; print('torch' in sys.modules)")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    first, second = done.stdout.splitlines()
    assert first.startswith("False") and second == "True"
    for name in ("GARRegressor", "GARRegressorCV", "inspection", "losses", "metrics"):
        assert f"'{name}'" in first
