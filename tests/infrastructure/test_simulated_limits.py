"""The simulation runs under the limits of the deployed system."""

from __future__ import annotations

import re

from tests.infrastructure.sam_template import Template, functions, name, of_type
from tests.simulation import limits


def test_functions_run_as_long(template: Template) -> None:
    default = template["Globals"]["Function"]["Timeout"]
    deployed = {
        re.sub(r"(?<!^)(?=[A-Z])", "_", function).lower(): properties.get("Timeout", default)
        for function, properties in functions(template).items()
    }
    assert {function: deployed[function] for function in limits.TIMEOUTS} == limits.TIMEOUTS


def test_visibility_timeout_and_receive_limit_are_the_same(template: Template) -> None:
    queue = template["Resources"]["OrdersQueue"]["Properties"]
    assert queue["RedrivePolicy"]["maxReceiveCount"] == limits.MAX_RECEIVES
    assert queue["VisibilityTimeout"] == limits.VISIBILITY


def test_stream_records_expire_at_the_same_age(stack: Template) -> None:
    ages = {
        name(source["FunctionName"]): source["MaximumRecordAgeInSeconds"]
        for source in of_type(stack, "AWS::Lambda::EventSourceMapping").values()
        if "MaximumRecordAgeInSeconds" in source
    }
    assert ages == {"PushUpdates": limits.PUSH_AGE, "WriteHistory": limits.HISTORY_AGE}
