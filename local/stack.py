"""Creates or updates a CloudFormation stack, waits for it, and reports why it failed."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from local.settings import LocalCloudError

if TYPE_CHECKING:
    import boto3
    from types_boto3_cloudformation import CloudFormationClient
    from types_boto3_cloudformation.type_defs import StackTypeDef
    from types_boto3_s3 import S3Client

_POLL_SECONDS = 0.05
_TIMEOUT_SECONDS = 120.0


class Stack:
    """A CloudFormation stack, by its name."""

    def __init__(self, session: boto3.Session, name: str, bucket: str) -> None:
        self._cloudformation: CloudFormationClient = session.client("cloudformation")
        self._s3: S3Client = session.client("s3")
        self._name = name
        self._bucket = bucket  # templates above 51,200 bytes are read from a bucket

    def parameters(self) -> dict[str, str]:
        """Return the parameters of the last deployment; empty if the stack does not exist."""
        stack = self._describe()
        return {p["ParameterKey"]: p["ParameterValue"] for p in stack.get("Parameters", [])} if stack else {}

    def apply(self, template: Mapping[str, Any], parameters: Mapping[str, str]) -> dict[str, str]:
        """Create or update the stack, and return its outputs.

        Raises:
            LocalCloudError: the deployment failed; with the reasons that CloudFormation gives.
        """
        stack = self._describe()
        if stack and stack["StackStatus"] == "ROLLBACK_COMPLETE":  # a stack whose creation failed cannot be updated
            self._cloudformation.delete_stack(StackName=self._name)
            stack = self._wait_until_settled()
        act = self._cloudformation.update_stack if stack else self._cloudformation.create_stack
        try:
            act(
                StackName=self._name,
                TemplateURL=self._upload(template),
                Parameters=[{"ParameterKey": k, "ParameterValue": v} for k, v in parameters.items()],
                Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
            )
        except ClientError as error:
            if "No updates are to be performed" not in str(error):
                reason = error.response["Error"].get("Message", str(error))
                raise LocalCloudError(f"The stack cannot be deployed: {reason}") from error
        stack = self._wait_until_settled()
        if not stack or stack["StackStatus"] not in {"CREATE_COMPLETE", "UPDATE_COMPLETE"}:
            raise LocalCloudError(f"The stack could not be deployed:\n{self._failure_reasons()}")
        return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}

    def _upload(self, template: Mapping[str, Any]) -> str:
        key = f"{self._name}.json"
        self._s3.put_object(Bucket=self._bucket, Key=key, Body=json.dumps(template).encode())
        return f"{self._s3.meta.endpoint_url}/{self._bucket}/{key}"

    def _describe(self) -> StackTypeDef | None:
        try:
            return self._cloudformation.describe_stacks(StackName=self._name)["Stacks"][0]
        except ClientError as error:
            if "does not exist" in str(error):
                return None
            raise

    def _wait_until_settled(self) -> StackTypeDef | None:
        """Poll until no operation is in progress, and return the stack; None if it does not exist."""
        deadline = time.monotonic() + _TIMEOUT_SECONDS
        while (stack := self._describe()) and stack["StackStatus"].endswith("_IN_PROGRESS"):
            if time.monotonic() > deadline:
                raise LocalCloudError(
                    f"The stack is still {stack['StackStatus']} after {_TIMEOUT_SECONDS:.0f} seconds."
                )
            time.sleep(_POLL_SECONDS)
        return stack

    def _failure_reasons(self) -> str:
        """Return the failed resources of the last operation and why they failed, one line each."""
        lines = []
        for event in self._cloudformation.describe_stack_events(StackName=self._name)["StackEvents"]:
            name, status = event.get("LogicalResourceId"), event.get("ResourceStatus", "")
            if name == self._name and status in {"CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS"}:
                break
            if status.endswith("FAILED"):
                lines.append(f"  {name}: {event.get('ResourceStatusReason')}")
        return "\n".join(reversed(lines))
