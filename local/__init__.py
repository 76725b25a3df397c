"""The local cloud: Postgres, an AWS emulator and the project's own template, in one process tree. Development only."""
