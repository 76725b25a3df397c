"""MiniStack, the AWS emulator, with IAM enforced; functions run as its workers, with this environment's packages."""

from __future__ import annotations

import os
import shutil
import sys
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any, ClassVar

import boto3

from local.processes import ChildProcess
from local.settings import HOST, REGION, ROOT, Settings

_EMULATED_SERVICES = (
    "apigateway,cloudformation,cognito-idp,dynamodb,dynamodbstreams,events,iam,lambda,logs,monitoring,s3,"
    "secretsmanager,sqs,sts"
)
_ROOT_USER = "test"  # the emulator's root user: key and secret
_ENGINE_PACKAGE = ROOT / "layers" / "order_engine"
_RUNTIME = ROOT / "local" / "runtime"


@dataclass(frozen=True, slots=True)
class Emulator:
    """An emulator that can be stopped and restarted; its state is saved when it is stopped."""

    NAME: ClassVar = "The AWS emulator"
    settings: Settings

    def start(self) -> ChildProcess:
        """Start it and wait until it is ready.

        Raises:
            LocalCloudError: it did not become ready; with the end of its log.
        """
        state = self.settings.state_dir
        shutil.rmtree(state / "tmp", ignore_errors=True)  # left by killed workers
        (state / "tmp").mkdir(parents=True)
        # Logs of earlier runs: a stream for each invocation, slow to load; `functions.log` has the lines.
        (state / "ministack" / "cloudwatch_logs.json").unlink(missing_ok=True)
        child = ChildProcess.start(
            self.NAME, [sys.executable, "-m", "local_ministack"], log=state / "ministack.log", env=self._environment()
        )
        child.wait_until(self._is_ready)
        return child

    def _environment(self) -> dict[str, str]:
        """Return the environment of the emulator, which functions inherit: without the developer's own AWS settings."""
        state = self.settings.state_dir
        own = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "LAMBDA_", "MINISTACK_"))}
        return own | {
            "AUTH": "true",
            "AWS_EC2_METADATA_DISABLED": "true",
            "BIND_HOST": HOST,
            "GATEWAY_PORT": str(self.settings.aws_port),
            "IOT_MTLS_ENABLED": "0",
            "LOCAL_LOG_FILE": str(self.settings.functions_log),
            "LOG_LEVEL": "WARNING",
            "MINISTACK_COGNITO_PRETOKEN_STRICT": "1",  # no token if its trigger fails, as on AWS
            "MINISTACK_REGION": REGION,
            "PERSIST_STATE": "1",
            "PYTHONPATH": os.pathsep.join([str(_ENGINE_PACKAGE), str(_RUNTIME)]),
            "SERVICES": _EMULATED_SERVICES,
            "SFTP_ENABLED": "0",
            "STATE_DIR": str(state / "ministack"),
            "TMPDIR": str(state / "tmp"),
        }

    def _is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.settings.aws_url}/_ministack/ready", timeout=1):
                return True
        except (urllib.error.URLError, OSError):
            return False


class _LocalSession(boto3.Session):
    """A session whose clients talk to the emulator."""

    def __init__(self, endpoint_url: str) -> None:
        super().__init__(_ROOT_USER, _ROOT_USER, region_name=REGION)
        self._endpoint_url = endpoint_url

    def client(self, *args: Any, **kwargs: Any) -> Any:
        return super().client(*args, **{"endpoint_url": self._endpoint_url} | kwargs)


def admin_session(endpoint_url: str) -> boto3.Session:
    """Return a session of the emulator's administrator."""
    return _LocalSession(endpoint_url)
