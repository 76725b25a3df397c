"""The local cloud as a whole, for `python -m local up` and for tests that start one of their own."""

from __future__ import annotations

import fcntl
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

import boto3

from local.deploy import Deployment, deploy
from local.describe import describe
from local.emulator import Emulator, admin_session
from local.guard import Guard
from local.postgres import Postgres
from local.processes import ChildProcess
from local.settings import ROOT, LocalCloudError, Settings, free_ports
from local.users import read_users

if TYPE_CHECKING:
    from types_boto3_lambda import LambdaClient


class LocalCloud:
    """Postgres, the AWS emulator with the project's stack in it, and the proxy.

    Example:
        with temporary_cloud(QuoteLatencyMs="0") as cloud:
            httpx.post(f"{cloud.settings.url}/api/orders", json=order)
            cloud.session.client("sqs").purge_queue(QueueUrl=cloud.outputs["OrdersQueueUrl"])
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.session: boto3.Session = admin_session(settings.aws_url)
        self._deployment = Deployment({}, {})
        self._children: list[ChildProcess] = []
        self._guard: Guard | None = None
        self._resources = ExitStack()

    @property
    def outputs(self) -> Mapping[str, str]:
        """Return the outputs of the stack: names and addresses of its resources."""
        return self._deployment.outputs

    @property
    def auth_mode(self) -> str:
        """Return how callers are known: cognito, jwt or none."""
        return self.outputs["AuthMode"]

    @property
    def users(self) -> Mapping[str, str]:
        """Return the passwords of the users, by their names; none where nobody signs in."""
        return read_users(self.settings.users_file) if "UserPoolId" in self.outputs else {}

    def start(self, on_step: Callable[[str], object] = lambda _: None) -> None:
        """Start all parts and deploy the working tree; `on_step` is called with a description of each step.

        Raises:
            LocalCloudError: a port is taken, the state directory is in use, or a part did not start. Nothing is left
                running.
        """
        try:
            self._resources.enter_context(exclusive_state_dir(self.settings.state_dir))
            self.settings.check_ports()
            check_same_aws_port(self.settings)
            self.settings.functions_log.unlink(missing_ok=True)
            self._guard = self._resources.enter_context(closing(Guard()))
            on_step("Starting Postgres")
            self.start_postgres()
            on_step("Starting the AWS emulator")
            self.start_emulator()
            on_step("Deploying the stack")
            self.deploy()
            on_step("Starting the proxy")
            self._start_proxy()
            self._sweep_open_orders()
            describe(self.settings, self._deployment)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop all parts. The emulator saves its state while it stops."""
        if self.started:
            self.settings.description.unlink(missing_ok=True)
        for child in reversed(list(self._children)):
            self._stop_child(child)
        self._resources.close()

    def deploy(self, **parameters: str) -> None:
        """Deploy the working tree, with these template parameters from now on."""
        self.settings = replace(self.settings, parameters={**self.settings.parameters, **parameters})
        self._deployment = deploy(self.session, self.settings)
        if self.settings.description.exists():
            describe(self.settings, self._deployment)

    @contextmanager
    def parameters(self, **parameters: str) -> Iterator[None]:
        """Deploy with other template parameters, and with the former ones at the end of the block."""
        before = self.settings.parameters
        self.deploy(**parameters)
        try:
            yield
        finally:
            self.settings = replace(self.settings, parameters=before)
            self.deploy()

    def start_postgres(self) -> None:
        """Start Postgres, or restart it after `stop_postgres`."""
        self._add(Postgres(self.settings.state_dir / "postgres", self.settings.postgres_port).start())

    def start_emulator(self) -> None:
        """Start the emulator, with the state that it saved when it was stopped, if any."""
        self._add(Emulator(self.settings).start())

    def stop_postgres(self) -> None:
        """Stop Postgres; the other parts go on."""
        self._stop_child(self._child(Postgres.NAME))

    def stop_emulator(self) -> None:
        """Stop the emulator and with it all functions; the other parts go on."""
        self._stop_child(self._child(Emulator.NAME))

    def kill_emulator(self) -> None:
        """Kill the emulator, if it runs, as a crash would: state that it has not saved is lost."""
        for child in self._children:
            if child.name == Emulator.NAME:
                child.kill()

    @property
    def started(self) -> bool:
        """Return whether any part has been started and not stopped."""
        return bool(self._children)

    def ended_children(self) -> list[ChildProcess]:
        """Return the parts that have ended without being stopped."""
        return [child for child in self._children if not child.is_running]

    def __enter__(self) -> LocalCloud:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _add(self, child: ChildProcess) -> None:
        self._children.append(child)
        if self._guard:
            self._guard.watch(child.process.pid)

    def _child(self, name: str) -> ChildProcess:
        return next(child for child in self._children if child.name == name)

    def _stop_child(self, child: ChildProcess) -> None:
        child.stop()
        self._children.remove(child)
        if self._guard:
            self._guard.forget(child.process.pid)

    def _sweep_open_orders(self) -> None:
        """Have the sweeper wake all open orders at once: after a long stop, their next turn may be far away."""
        function = self.outputs["SweepOrdersFunctionName"]
        functions: LambdaClient = self.session.client("lambda")
        functions.invoke(FunctionName=function, InvocationType="Event", Payload=b'{"all": true}')

    def _start_proxy(self) -> None:
        stage = self._deployment.parameters["Stage"]
        url = f"{self.settings.aws_url}/_aws/execute-api"
        urls = (f"{url}/HttpApi", f"{url}/WebSocketApi/{stage}", self.settings.aws_url)
        child = ChildProcess.start(
            "The proxy",
            [sys.executable, "-m", "local.proxy", str(self.settings.port), *urls],
            log=self.settings.state_dir / "proxy.log",
            env=os.environ | {"PYTHONPATH": str(ROOT)},
        )
        child.wait_until(self.settings.proxy_listens)
        self._add(child)


@contextmanager
def temporary_cloud(**parameters: str) -> Iterator[LocalCloud]:
    """Run a cloud on free ports, with these template parameters and a temporary state directory."""
    with tempfile.TemporaryDirectory(prefix="local-cloud-") as directory:
        port, aws_port, postgres_port = free_ports(3)
        settings = Settings(port, aws_port, postgres_port, Path(directory), parameters)
        with LocalCloud(settings) as cloud:
            try:
                yield cloud
            finally:
                cloud.kill_emulator()  # saving state that is deleted anyway would take seconds


@contextmanager
def exclusive_state_dir(state_dir: Path) -> Iterator[None]:
    """Lock the state directory. Raises `LocalCloudError` if another local cloud has locked it."""
    state_dir.mkdir(parents=True, exist_ok=True)
    with (state_dir / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise LocalCloudError(
                f"A local cloud is running with {state_dir} already. Stop it first: Ctrl-C."
            ) from error
        yield


def check_same_aws_port(settings: Settings) -> None:
    """Raise `LocalCloudError` if the kept state was made on another port: the emulator finds its queues by address."""
    made_with = settings.state_dir / "aws_port"
    port = made_with.read_text() if made_with.exists() else str(settings.aws_port)
    if port != str(settings.aws_port):
        raise LocalCloudError(
            f"The orders in {settings.state_dir} were kept with AWS_PORT={port}. Start with that, or forget them:"
            " make clean-local."
        )
    made_with.write_text(port)
