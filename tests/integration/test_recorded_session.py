"""The frames of the WebSocket API are the recorded ones: every key, type, code and message, in the same order."""

from __future__ import annotations

from local.cloud import LocalCloud
from tests.support.recording import RECORDING, differences_from_recording, play_session


def test_a_session_gets_the_frames_that_were_recorded(cloud: LocalCloud) -> None:
    changed = differences_from_recording(play_session(cloud))
    assert not changed, f"What clients receive is not what is in {RECORDING.name}:\n{changed}"
