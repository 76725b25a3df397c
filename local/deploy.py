"""Deploys the working tree: code, stack and database schema; at a first start, a restart and after an edit alike."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from local import template
from local.settings import ROOT, LocalCloudError, Settings
from local.stack import Stack
from local.users import seed_users

if TYPE_CHECKING:
    import boto3
    from types_boto3_lambda import LambdaClient
    from types_boto3_s3 import S3Client
    from types_boto3_secretsmanager import SecretsManagerClient

STACK = "order-engine"
_SECRET_NAME = "order-engine/database"
# Where the local cloud differs from the defaults of the template: no rate limit and no signing in on one's own machine.
_LOCAL_DEFAULTS = {"MaxOrdersPerMinute": "0", "AuthMode": "none"}


@dataclass(frozen=True, slots=True)
class Deployment:
    """The parameters and the outputs of the deployed stack."""

    parameters: Mapping[str, str]
    outputs: Mapping[str, str]


def deploy(session: boto3.Session, settings: Settings, *, keep_parameters: bool = False) -> Deployment:
    """Deploy the working tree, run the migrations, and see to the users, if there is a pool for them.

    Args:
        session: the emulator's administrator.
        settings: ports and template parameters.
        keep_parameters: parameters that the settings do not name keep their value of the running stack.

    Raises:
        LocalCloudError: a parameter is unknown, or the deployment failed, with CloudFormation's reason.
    """
    source = template.load_template(ROOT / "template.yaml")
    stack = Stack(session, STACK, template.CODE_BUCKET)
    defaults = template.default_parameters(source)
    if unknown := set(settings.parameters) - set(defaults):
        raise LocalCloudError(f"The template has no parameter {', '.join(unknown)}. It has {', '.join(defaults)}.")
    before = {name: value for name, value in stack.parameters().items() if keep_parameters and name in defaults}
    values = {
        **defaults,
        **_LOCAL_DEFAULTS,
        **before,
        **settings.parameters,
        "DatabaseSecretArn": _secret(session, settings),
    }
    code = _upload_code(session, template.code_folders(source))
    outputs = stack.apply(template.expand_template(source, code, values, settings), values)
    _migrate(session, outputs["MigrateDatabaseFunctionName"])
    if pool := outputs.get("UserPoolId"):
        seed_users(session, pool, settings.users_file)
    return Deployment(values, outputs)


def archive_keys(root: Path, folders: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Return the key of the archive of each code folder; it changes with the folder's files and those of its layers.

    With the key the stack's template changes, so that the emulator replaces the workers that run the function, also
    after an edit of a layer, which is not in the archive.

    Args:
        root: what the folders are relative to.
        folders: the layers' folders by code folder.
    """
    digests = {folder: _digest(_read_files(root / folder)) for folder in {*folders, *chain(*folders.values())}}
    return {
        folder: f"{Path(folder).name}-{'-'.join(digests[part] for part in (folder, *layers))}.zip"
        for folder, layers in folders.items()
    }


def _upload_code(session: boto3.Session, folders: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Upload an archive of each code folder, and return the keys by folder."""
    s3: S3Client = session.client("s3")
    with suppress(s3.exceptions.BucketAlreadyOwnedByYou):
        s3.create_bucket(Bucket=template.CODE_BUCKET)
    keys = archive_keys(ROOT, folders)
    for folder, key in keys.items():
        s3.put_object(Bucket=template.CODE_BUCKET, Key=key, Body=_zip(_read_files(ROOT / folder)))
    return keys


def _read_files(folder: Path) -> dict[str, bytes]:
    if not folder.is_dir():
        raise LocalCloudError(f"There is no {folder}.")
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


def _digest(files: Mapping[str, bytes]) -> str:
    return hashlib.sha256(repr(sorted(files.items())).encode()).hexdigest()[:16]


def _zip(files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def _secret(session: boto3.Session, settings: Settings) -> str:
    """Write the Postgres connection to the secret, and return its ARN."""
    secrets: SecretsManagerClient = session.client("secretsmanager")
    value = json.dumps({"url": settings.postgres_url, "sslmode": "disable"})
    try:
        return secrets.put_secret_value(SecretId=_SECRET_NAME, SecretString=value)["ARN"]
    except secrets.exceptions.ResourceNotFoundException:
        return secrets.create_secret(Name=_SECRET_NAME, SecretString=value)["ARN"]


def _migrate(session: boto3.Session, function: str) -> None:
    """Run the migrations. Raises `LocalCloudError` if they fail."""
    functions: LambdaClient = session.client("lambda")
    answer = functions.invoke(FunctionName=function, Payload=b"{}")
    if answer.get("FunctionError"):
        raise LocalCloudError(f"The migrations failed: {answer['Payload'].read().decode()}")
