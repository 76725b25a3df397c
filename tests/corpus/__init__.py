"""Bad input: HTTP requests, WebSocket frames and queue messages that have to be refused without a trace.

Every case has a name, so that a failing test says which one. `tests/integration/test_corpus.py` sends them all to the
local cloud, `tests/unit/functions/test_bad_input_corpus.py` to the functions themselves.
"""
