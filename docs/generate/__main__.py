"""`python -m docs.generate` writes the documents; with `--check` it only says whether they are up to date."""

from __future__ import annotations

import json
import sys
import tomllib
from pathlib import Path

import yaml

from docs.generate.asyncapi import asyncapi
from docs.generate.openapi import openapi

DOCS = Path(__file__).resolve().parents[1]
PROJECT = DOCS.parent / "pyproject.toml"


class _Dumper(yaml.SafeDumper):
    """Writes texts of several lines as they are."""

    def represent_str(self, data: str) -> yaml.ScalarNode:
        """Return a text as YAML."""
        return self.represent_scalar("tag:yaml.org,2002:str", data, style="|" if "\n" in data else None)


_Dumper.add_representer(str, _Dumper.represent_str)


def documents() -> dict[Path, str]:
    """Return the text of each document."""
    version = tomllib.loads(PROJECT.read_text())["project"]["version"]
    plain = json.loads(json.dumps(asyncapi(version)))  # no enumerations, and nothing that YAML would write as an alias
    return {
        DOCS / "openapi.json": json.dumps(openapi(version), indent=2, ensure_ascii=False) + "\n",
        DOCS / "asyncapi.yaml": yaml.dump(plain, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120),
    }


def main(arguments: list[str]) -> int:
    """Write or check; return the exit status."""
    stale = {path: text for path, text in documents().items() if not path.exists() or path.read_text() != text}
    if arguments == ["--check"]:
        for path in stale:
            print(f"{path.relative_to(DOCS.parent)} is not what the contracts say: make docs", file=sys.stderr)
        return 1 if stale else 0
    for path, text in stale.items():
        path.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
