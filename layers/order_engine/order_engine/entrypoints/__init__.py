"""What all functions share: settings, the deployed engine, the decoding of Lambda events, deadlines, telemetry."""
