"""The kept state of the local cloud belongs to the port it was made with."""

from __future__ import annotations

from pathlib import Path

import pytest

from local.cloud import check_same_aws_port
from local.settings import LocalCloudError, Settings


def settings(state_dir: Path, aws_port: int) -> Settings:
    return Settings(3000, aws_port, 5433, state_dir, {})


def test_state_is_used_again_on_the_port_it_was_made_with(tmp_path: Path) -> None:
    for _ in range(2):
        check_same_aws_port(settings(tmp_path, 4566))


def test_state_of_another_port_is_refused_and_says_which(tmp_path: Path) -> None:
    check_same_aws_port(settings(tmp_path, 4566))
    with pytest.raises(LocalCloudError, match=r"kept with AWS_PORT=4566\. .* make clean-local"):
        check_same_aws_port(settings(tmp_path, 4666))
    check_same_aws_port(settings(tmp_path, 4566))
