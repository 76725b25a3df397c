from __future__ import annotations

import pytest

from tests.infrastructure.sam_template import Template, expanded, parsed


@pytest.fixture(scope="session")
def template() -> Template:
    """`template.yaml` as it is written."""
    return parsed()


@pytest.fixture(scope="session")
def stack() -> Template:
    """`template.yaml` as CloudFormation gets it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")  # SAM wants to know where it would deploy to
        return expanded()
