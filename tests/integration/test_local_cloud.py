"""The local cloud runs the whole stack, keeps it over a restart, and leaves nothing behind."""

from __future__ import annotations

import json
import signal
import socket as sockets
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import psutil
import psycopg
import pytest
from psycopg.rows import DictRow

from local.cloud import LocalCloud
from local.settings import HOST, PORT_VARIABLES, ROOT, Settings, free_ports
from order_engine.adapters.dynamodb.orders import DynamoDBOrderStore
from order_engine.application.sweep_orders import is_sweep_due
from order_engine.domain.events import Status
from order_engine.domain.order import OVERDUE_AFTER
from tests.support.cloud import PARAMETERS, Message, eventually, messages_until
from tests.support.orders import new_order
from tests.support.stored import ITEMS

Place = Callable[..., str]
Ended = Callable[[str], Message]


def test_an_order_is_executed_streamed_and_recorded(
    cloud: LocalCloud, place: Place, ended: Ended, socket: Callable[..., Any], console: psycopg.Connection[DictRow]
) -> None:
    order_id = place()
    with socket(f"orderId={order_id}") as connection:
        messages = messages_until(connection, lambda message: message.get("status") == "confirmed")
    order = ended(order_id)
    assert order["status"] == "confirmed"
    assert messages[-1]["seq"] == order["version"]
    query = "SELECT status, version FROM orders WHERE id = %s"
    row = eventually(
        lambda: console.execute(query, [order_id]).fetchone(), lambda row: row and row["version"] == order["version"]
    )
    assert row
    assert row["status"] == "confirmed"


def test_a_parameter_changes_what_happens(cloud: LocalCloud, place: Place, ended: Ended) -> None:
    with cloud.parameters(QuoteFailureRate="1", MaxRetryAttempts="1"):
        order = ended(place())
    assert (order["status"], order["attempts"]) == ("failed", 2)
    assert ended(place())["status"] == "confirmed"


def test_functions_may_only_do_what_their_role_allows(cloud: LocalCloud, api: httpx.Client, place: Place) -> None:
    order_id = place()
    iam = cloud.session.client("iam")
    (role,) = (role["RoleName"] for role in iam.list_roles()["Roles"] if "OrdersApiRole" in role["RoleName"])
    policy = iam.get_role_policy(RoleName=role, PolicyName="orders_api")["PolicyDocument"]
    iam.delete_role_policy(RoleName=role, PolicyName="orders_api")
    try:
        assert api.get(f"/api/orders/{order_id}").status_code == httpx.codes.SERVICE_UNAVAILABLE
    finally:
        iam.put_role_policy(RoleName=role, PolicyName="orders_api", PolicyDocument=json.dumps(policy))
    assert api.get(f"/api/orders/{order_id}").status_code == httpx.codes.OK


def test_a_restart_keeps_orders_and_what_the_history_has_still_to_be_told(
    cloud: LocalCloud, place: Place, ended: Ended
) -> None:
    before = ended(place())
    cloud.stop_postgres()
    unrecorded = ended(place())
    cloud.stop_emulator()
    cloud.start_emulator()
    cloud.start_postgres()
    assert ended(before["id"]) == before
    query = "SELECT version FROM orders WHERE id = %s"
    with psycopg.connect(cloud.settings.postgres_url, autocommit=True) as connection:
        eventually(lambda: connection.execute(query, [unrecorded["id"]]).fetchone() == (unrecorded["version"],))
    assert ended(place())["status"] == "confirmed"


@pytest.mark.mode_independent
def test_orders_left_open_long_ago_are_swept_as_soon_as_it_starts(tmp_path: Path) -> None:
    at = datetime.now(UTC) - OVERDUE_AFTER - timedelta(minutes=10.5)
    assert not is_sweep_due(timedelta(minutes=10.5))
    order = new_order(at=at)
    port, aws_port, postgres_port = free_ports(3)
    settings = Settings(port, aws_port, postgres_port, tmp_path / "state", PARAMETERS)
    with LocalCloud(settings) as cloud:
        store = DynamoDBOrderStore(cloud.session.client("dynamodb"), cloud.outputs["OrdersTableName"], ITEMS)
        assert store.create(order) is None
    with LocalCloud(settings):
        eventually(lambda: store.load(order.id), lambda found: found.status is Status.CONFIRMED)


@pytest.fixture
def command(tmp_path: Path) -> Iterator[Callable[[], subprocess.Popen[str]]]:
    """Give what runs `python -m local up` on free ports, and ends what a failed test leaves running."""
    ports = dict(zip(PORT_VARIABLES.values(), map(str, free_ports(3)), strict=True))
    environment = ports | {"LOCAL_STATE_DIR": str(tmp_path / "state"), "PARAMETERS": _pairs(PARAMETERS)}
    started: list[subprocess.Popen[str]] = []

    def start(**changes: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "local", "up"],
            cwd=ROOT,
            env=environment | changes,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.terminate()
        process.communicate(timeout=30)


@pytest.mark.mode_independent
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_all_of_it(command: Callable[..., subprocess.Popen[str]], number: signal.Signals) -> None:
    process = command()
    table = _read_until(process, "curl")
    url = table.split("Dashboard")[1].split()[1]
    assert httpx.get(f"{url}/health", timeout=30).json()["status"] == "healthy"
    family = psutil.Process(process.pid).children(recursive=True)
    ports = _listening([psutil.Process(process.pid), *family])
    assert {host for host, _ in ports} == {HOST}
    process.send_signal(number)
    process.communicate(timeout=30)
    assert process.returncode == 0
    assert not [relative for relative in family if _runs(relative)]
    for address in ports:
        with sockets.socket() as probe:
            assert probe.connect_ex(address) != 0


@pytest.mark.mode_independent
def test_the_banner_says_that_everybody_may_do_everything(command: Callable[..., subprocess.Popen[str]]) -> None:
    assert "everybody may do everything. To have people sign in: make run AUTH=1" in _read_until(command(), "curl")


@pytest.mark.mode_independent
def test_the_banner_says_who_can_sign_in_and_a_file_says_where(
    command: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    process = command(AUTH="1")
    banner = _read_until(process, "curl")
    description = tmp_path / "state" / "cloud.json"
    told = json.loads(description.read_text())
    for name, password in json.loads(Path(told["usersFile"]).read_text()).items():
        assert f"Sign in as {name} with {password}" in banner
    document = httpx.get(f"{told['authority']}/.well-known/openid-configuration", timeout=30).json()
    assert document["issuer"] == told["issuer"]
    assert httpx.get(f"{told['url']}/api/orders", timeout=30).status_code == httpx.codes.UNAUTHORIZED
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=30)
    assert not description.exists()


@pytest.mark.mode_independent
def test_a_part_that_ends_on_its_own_ends_the_rest(command: Callable[..., subprocess.Popen[str]]) -> None:
    process = command()
    _read_until(process, "curl")
    family = psutil.Process(process.pid).children(recursive=True)
    next(relative for relative in family if "local_ministack" in relative.cmdline()).kill()
    output, _ = process.communicate(timeout=30)
    assert "The AWS emulator has ended" in output
    assert process.returncode == 1
    assert not [relative for relative in family if _runs(relative)]


@pytest.mark.mode_independent
def test_being_killed_leaves_nothing_either(command: Callable[..., subprocess.Popen[str]]) -> None:
    process = command()
    _read_until(process, "curl")
    family = psutil.Process(process.pid).children(recursive=True)
    process.kill()
    process.communicate(timeout=30)
    eventually(lambda: [relative for relative in family if _runs(relative)], lambda running: not running)


@pytest.mark.mode_independent
@pytest.mark.parametrize("variable", PORT_VARIABLES.values())
def test_a_taken_port_is_named(command: Callable[..., subprocess.Popen[str]], variable: str) -> None:
    with sockets.create_server((HOST, 0)) as server:
        port = server.getsockname()[1]
        process = command(**{variable: str(port)})
        output, _ = process.communicate(timeout=30)
    assert f"Port {port} is taken" in output
    assert f"{variable}=" in output
    assert process.returncode == 1


def _pairs(parameters: dict[str, str]) -> str:
    return " ".join(f"{key}={value}" for key, value in parameters.items())


def _read_until(process: subprocess.Popen[str], word: str) -> str:
    assert process.stdout
    output = ""
    for line in process.stdout:
        output += line
        if word in line:
            return output
    raise AssertionError(output)


def _runs(process: psutil.Process) -> bool:
    """Whether a process has not ended; one that has, and that nobody has asked for its exit code yet, has ended."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _listening(processes: list[psutil.Process]) -> set[tuple[str, int]]:
    connections = [c for process in processes for c in process.net_connections() if c.status == psutil.CONN_LISTEN]
    return {(c.laddr.ip, c.laddr.port) for c in connections}
