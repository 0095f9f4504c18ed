"""`python -m benchmarks` as a program."""

import os
import signal
import subprocess

import pytest

from benchmarks.__main__ import main
from tests.benchmarks.program import program


def test_without_a_command_there_is_help(capsys):
    assert main([]) == 0
    assert "speed" in capsys.readouterr().out


@pytest.mark.parametrize("command", [
    "speed", "profile", "halving", "peers", "large", "ablation", "intervals", "table1", "table2",
    "table3", "table5", "table6", "table7", "sensitivity", "synthetic", "depth", "report",
    "gradients", "symbolic"])
def test_every_command_has_help(command, capsys):
    with pytest.raises(SystemExit) as end:
        main([command, "--help"])
    assert end.value.code == 0
    assert capsys.readouterr().out.startswith(f"usage: python -m benchmarks {command}")


@pytest.mark.skipif(os.name != "posix", reason="sends a signal")
def test_ctrl_c_ends_the_program_and_not_a_single_fit(tmp_path):
    command, settings = program("speed", "--only", "fit_vs_mlp_13600x81", "--threads", "1",
                                "--out", tmp_path)
    with subprocess.Popen(command, **settings) as process:
        assert process.stderr.readline().startswith("[1/1]")
        process.send_signal(signal.SIGINT)
        _, err = process.communicate()
    assert process.returncode == 130
    assert err == "interrupted; run the same command again to continue\n"
    assert list(tmp_path.iterdir()) == []
